//! Sends a run's events to its reader: numbers them, shapes them for a single image or for pages, and bounds the wait for a
//! slow reader.

use std::time::Duration;

use inkstream_wire::{
    DocumentId, DocumentKind, End, EventBody, EventError, OcrEvent, PageEnd, PageReset, PageStart, PixelBox, RunId,
    RunOptions, Start,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use crate::{Error, documents::DocumentUrls, page_reader::ReadStart};

/// The approximate size of an event without its text, in bytes.
const EVENT_BYTES: u64 = 96;
/// The maximum number of events that are held back.
const MAX_HELD: usize = 64;

/// The reader disconnected or was too slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReaderClosed;

/// What the run's events share.
pub(super) struct Header {
    pub(super) kind: DocumentKind,
    pub(super) document: DocumentId,
    pub(super) run: RunId,
    pub(super) model: String,
    pub(super) ignored: Vec<String>,
    /// The number of pages that will be read; `None` for a single image.
    pub(super) pages: Option<u32>,
    /// The parts that events contain. `boxes` is also set for tasks whose results are boxes.
    pub(super) options: RunOptions,
    /// Makes the URLs of page images.
    pub(super) links: DocumentUrls,
}

/// The channels to the reader, and how slow it may be.
pub(super) struct Reader {
    pub(super) events: mpsc::Sender<OcrEvent>,
    /// The channel of the last event, which must not wait for room in `events`.
    pub(super) last: oneshot::Sender<OcrEvent>,
    /// The maximum wait for room for one event.
    pub(super) stall: Duration,
    /// The minimum rate at which the reader must take events while the run waits, in bytes a second.
    pub(super) min_rate: u64,
}

pub(super) struct Emitter {
    header: Header,
    sender: mpsc::Sender<OcrEvent>,
    last: Option<oneshot::Sender<OcrEvent>>,
    /// Sent once: the stream has begun, or the run failed before its first event.
    begun: Option<oneshot::Sender<Result<(), Error>>>,
    seq: u64,
    /// Deltas that are sent with the next ones that are ready, so that the reader is woken once for all of them.
    held: Vec<EventBody>,
    stall: Duration,
    min_rate: u64,
    /// Bytes sent so far, and the total time that the run has waited for room.
    sent: u64,
    waited: Duration,
    /// Whether the reader was cut off because it was too slow.
    cut: bool,
    last_sent: Instant,
}

impl Emitter {
    pub(super) fn new(header: Header, reader: Reader, begun: oneshot::Sender<Result<(), Error>>) -> Self {
        let Reader { events: sender, last, stall, min_rate } = reader;
        Self {
            header,
            sender,
            last: Some(last),
            begun: Some(begun),
            seq: 0,
            held: Vec::new(),
            stall,
            min_rate: min_rate.max(1),
            sent: 0,
            waited: Duration::ZERO,
            cut: false,
            last_sent: Instant::now(),
        }
    }

    /// Whether the reader was cut off because it was too slow.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Whether events are shaped for pages, rather than for a single image.
    pub(super) fn tells_pages(&self) -> bool {
        self.header.pages.is_some()
    }

    /// The parts that events contain.
    pub(super) fn options(&self) -> &RunOptions {
        &self.header.options
    }

    /// Whether an event was sent. Before that, a failure is returned as the request's error.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.is_none()
    }

    pub(super) fn last_sent(&self) -> Instant {
        self.last_sent
    }

    pub(super) async fn queued(&mut self, ahead: u32) -> Result<(), ReaderClosed> {
        self.send(EventBody::Queued { ahead }).await
    }

    pub(super) async fn heartbeat(&mut self) -> Result<(), ReaderClosed> {
        self.send(EventBody::Heartbeat).await
    }

    /// Sends `start` when the run leaves the queue. For a single image, `start` is sent with the image's size, by `page_start`.
    pub(super) async fn start(&mut self) -> Result<(), ReaderClosed> {
        if self.header.pages.is_some() { self.send_start(None).await } else { Ok(()) }
    }

    pub(super) async fn page_start(&mut self, page: u32, read_start: ReadStart) -> Result<(), ReaderClosed> {
        if self.header.pages.is_none() {
            return self.send_start(Some(read_start)).await;
        }
        let (rotation, image_url) = self.rotation_and_url(page, &read_start);
        let ReadStart { width, height, dpi, model, engine, languages, .. } = read_start;
        self.send(EventBody::PageStart(Box::new(PageStart {
            page,
            width,
            height,
            dpi,
            model,
            engine,
            rotation,
            languages,
            image_url,
        })))
        .await
    }

    /// A page is reset, because the attempt before failed for this reason. A caller that does not understand resets has
    /// received no text of that attempt, so nothing is sent to it.
    pub(super) async fn page_reset(
        &mut self,
        page: u32,
        read_start: ReadStart,
        reason: &str,
    ) -> Result<(), ReaderClosed> {
        if !self.header.options.resets {
            return Ok(());
        }
        let (rotation, image_url) = self.rotation_and_url(page, &read_start);
        let ReadStart { width, height, dpi, model, .. } = read_start;
        let reset = PageReset { reason: reason.to_owned(), model, width, height, dpi, rotation, image_url };
        self.send(match self.header.pages {
            None => EventBody::Reset(reset),
            Some(_) => EventBody::PageReset { page, reset },
        })
        .await
    }

    /// The page image's rotation, if it is rotated, and its URL.
    fn rotation_and_url(&self, page: u32, read_start: &ReadStart) -> (Option<u16>, Option<String>) {
        let rotation = Some(read_start.rotation).filter(|rotation| *rotation != 0);
        (rotation, self.header.links.turned_image(page, rotation))
    }

    /// Sends text, or holds it back until [`Self::flush`] or the next event.
    pub(super) async fn text(
        &mut self,
        page: u32,
        delta: String,
        bounds: Option<PixelBox>,
    ) -> Result<(), ReaderClosed> {
        let bounds = bounds.filter(|_| self.header.options.boxes);
        self.held.push(match self.header.pages {
            None => EventBody::Delta { delta, bounds },
            Some(_) => EventBody::PageDelta { page, delta, bounds },
        });
        // The first event tells the caller that the run has begun.
        if self.held.len() < MAX_HELD && self.has_begun() { Ok(()) } else { self.flush().await }
    }

    /// A page is finished. For a single image, `end` carries this instead.
    pub(super) async fn page_end(&mut self, page: PageEnd) -> Result<(), ReaderClosed> {
        if self.header.pages.is_some() { self.send(EventBody::PageEnd(Box::new(page))).await } else { Ok(()) }
    }

    /// A page failed. For a single image, the whole run fails instead.
    pub(super) async fn page_error(&mut self, page: u32, error: EventError) -> Result<(), ReaderClosed> {
        if self.header.pages.is_some() { self.send(EventBody::PageError { page, error }).await } else { Ok(()) }
    }

    /// Sends the last event of a run that succeeded.
    pub(super) fn end(&mut self, end: End) {
        self.finish(EventBody::End(Box::new(end)));
    }

    /// Reports that the whole run failed: as the request's error if no event was sent yet, else as the last event.
    pub(super) fn fail(&mut self, error: Error) {
        match self.begun.take() {
            // A reader that has disconnected does not receive it.
            Some(begun) => drop(begun.send(Err(error))),
            None => self.finish(EventBody::Error { error: error.to_event() }),
        }
    }

    fn finish(&mut self, body: EventBody) {
        // There is no waiting any more: a reader that takes its events gets what was held back.
        let mut held = std::mem::take(&mut self.held).into_iter();
        while let Some(body) = held.next()
            && self.sender.try_send(OcrEvent { body, seq: self.seq }).is_ok()
        {
            self.seq += 1;
        }
        let event = OcrEvent { body, seq: self.seq };
        if let Some(last) = self.last.take() {
            // A reader that has disconnected misses only the last event.
            drop(last.send(event));
        }
    }

    async fn send_start(&mut self, read_start: Option<ReadStart>) -> Result<(), ReaderClosed> {
        let single = read_start.as_ref().map(|read_start| self.rotation_and_url(1, read_start));
        let (rotation, image_url) = single.unwrap_or_default();
        let Header { kind, document, run, model, ignored, pages, .. } = &self.header;
        let start = Start {
            kind: *kind,
            pages: *pages,
            document_id: *document,
            run_id: *run,
            model: read_start.as_ref().map_or(model, |read_start| &read_start.model).clone(),
            engine: read_start.as_ref().and_then(|read_start| read_start.engine.clone()),
            width: read_start.as_ref().map(|read_start| read_start.width),
            height: read_start.as_ref().map(|read_start| read_start.height),
            dpi: read_start.as_ref().and_then(|read_start| read_start.dpi),
            rotation,
            languages: read_start.map(|read_start| read_start.languages).unwrap_or_default(),
            image_url,
            ignored: ignored.clone(),
        };
        self.send(EventBody::Start(Box::new(start))).await
    }

    /// Sends an event after those that were held back.
    async fn send(&mut self, body: EventBody) -> Result<(), ReaderClosed> {
        self.held.push(body);
        self.flush().await
    }

    /// Sends the events that were held back.
    pub(super) async fn flush(&mut self) -> Result<(), ReaderClosed> {
        if let Some(begun) = self.begun.take() {
            begun.send(Ok(())).map_err(|_| ReaderClosed)?;
        }
        let mut held = std::mem::take(&mut self.held);
        let sent = self.send_all(held.drain(..)).await;
        // Keep the allocation.
        self.held = held;
        self.last_sent = Instant::now();
        sent
    }

    async fn send_all(&mut self, bodies: impl Iterator<Item = EventBody>) -> Result<(), ReaderClosed> {
        for body in bodies {
            let bytes = EVENT_BYTES + text_of(&body).len() as u64;
            let event = OcrEvent { body, seq: self.seq };
            // There is nearly always room, and then no timer is needed.
            match self.sender.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Closed(_)) => return Err(ReaderClosed),
                Err(mpsc::error::TrySendError::Full(event)) => self.wait_for_room(event).await?,
            }
            self.seq += 1;
            self.sent += bytes;
        }
        Ok(())
    }

    /// Waits for room: for one event at most `stall`, for all events together at most `stall` plus the time that the minimum rate
    /// allows for what was sent.
    async fn wait_for_room(&mut self, event: OcrEvent) -> Result<(), ReaderClosed> {
        let since = Instant::now();
        let budget = self.stall + Duration::from_secs_f64(self.sent as f64 / self.min_rate as f64);
        let timeout = budget.saturating_sub(self.waited).min(self.stall);
        let result = tokio::time::timeout(timeout, self.sender.send(event)).await;
        self.waited += since.elapsed();
        self.cut |= result.is_err();
        match result {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(ReaderClosed),
        }
    }
}

/// The text of an event, which dominates its size.
fn text_of(body: &EventBody) -> &str {
    match body {
        EventBody::Delta { delta, .. } | EventBody::PageDelta { delta, .. } => delta,
        _ => "",
    }
}
