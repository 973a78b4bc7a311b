//! A run's outward events: numbered, told as a single picture's or as pages', and never waiting for ever.

use std::time::Duration;

use inkstream_wire::{
    DocumentId, DocumentKind, End, EventBody, EventError, OcrEvent, PageEnd, PageReset, PageStart, PixelBox, RunId,
    Start,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::page::ReadStart;
use crate::{Error, documents::DocumentUrls};

/// Bytes of an event beside its text, roughly.
const EVENT_BYTES: u64 = 96;

/// The reader left, or took nothing for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReaderClosed;

/// What all events of a run have in common.
pub(super) struct Header {
    pub(super) kind: DocumentKind,
    pub(super) document: DocumentId,
    pub(super) run: RunId,
    pub(super) model: String,
    pub(super) ignored: Vec<String>,
    /// Pages that will be read; `None` for a single picture.
    pub(super) pages: Option<u32>,
    /// Whether places are wanted.
    pub(super) boxes: bool,
    /// Whether the reader understands that a page begins anew.
    pub(super) resets: bool,
    /// Makes the addresses of page pictures.
    pub(super) links: DocumentUrls,
}

/// Who reads the events, and how slowly that may be.
pub(super) struct Reader {
    pub(super) events: mpsc::Sender<OcrEvent>,
    /// The last event goes this way, so that it waits for no room.
    pub(super) last: oneshot::Sender<OcrEvent>,
    /// The longest wait for one event to be taken.
    pub(super) stall: Duration,
    /// The least that must be taken while the run waits, in bytes a second.
    pub(super) min_rate: u64,
}

/// Sends a run's events.
pub(super) struct Emitter {
    header: Header,
    sender: mpsc::Sender<OcrEvent>,
    last: Option<oneshot::Sender<OcrEvent>>,
    /// Told once: the stream has begun, or the run failed before it had.
    begun: Option<oneshot::Sender<Result<(), Error>>>,
    seq: u64,
    stall: Duration,
    min_rate: u64,
    /// Bytes that were sent, and how long the run has waited for them to be taken.
    sent: u64,
    waited: Duration,
    /// Whether the reader was too slow.
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
            stall,
            min_rate: min_rate.max(1),
            sent: 0,
            waited: Duration::ZERO,
            cut: false,
            last_sent: Instant::now(),
        }
    }

    /// Whether the reader was too slow.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Whether the run is told by pages, rather than as a single picture.
    pub(super) fn tells_pages(&self) -> bool {
        self.header.pages.is_some()
    }

    /// Whether an event has been sent: until then a failure is the request's.
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

    /// The run has its turn. A single picture's `start` waits for the picture's size.
    pub(super) async fn start(&mut self) -> Result<(), ReaderClosed> {
        if self.header.pages.is_some() { self.send_start(None).await } else { Ok(()) }
    }

    pub(super) async fn page_start(&mut self, page: u32, read_start: ReadStart) -> Result<(), ReaderClosed> {
        if self.header.pages.is_none() {
            return self.send_start(Some(read_start)).await;
        }
        let (rotation, image_url) = self.turned(page, &read_start);
        let ReadStart { width, height, dpi, model, .. } = read_start;
        self.send(EventBody::PageStart(PageStart { page, width, height, dpi, model, rotation, image_url })).await
    }

    /// A page is read anew, because the attempt before it ended so. A caller that does not know of that has been told no
    /// text of it, and goes on with what comes.
    pub(super) async fn page_reset(
        &mut self,
        page: u32,
        read_start: ReadStart,
        reason: &str,
    ) -> Result<(), ReaderClosed> {
        if !self.header.resets {
            return Ok(());
        }
        let (rotation, image_url) = self.turned(page, &read_start);
        let ReadStart { width, height, dpi, model, .. } = read_start;
        let reset = PageReset { reason: reason.to_owned(), model, width, height, dpi, rotation, image_url };
        self.send(match self.header.pages {
            None => EventBody::Reset(reset),
            Some(_) => EventBody::PageReset { page, reset },
        })
        .await
    }

    /// How the page's picture is turned, if it is, and where it may be had.
    fn turned(&self, page: u32, read_start: &ReadStart) -> (Option<u16>, Option<String>) {
        let rotation = Some(read_start.rotation).filter(|rotation| *rotation != 0);
        (rotation, self.header.links.turned_image(page, rotation))
    }

    pub(super) async fn text(
        &mut self,
        page: u32,
        delta: String,
        bounds: Option<PixelBox>,
    ) -> Result<(), ReaderClosed> {
        let bounds = bounds.filter(|_| self.header.boxes);
        self.send(match self.header.pages {
            None => EventBody::Delta { delta, bounds },
            Some(_) => EventBody::PageDelta { page, delta, bounds },
        })
        .await
    }

    /// A page is finished. A single picture's `end` says it instead.
    pub(super) async fn page_end(&mut self, page: PageEnd) -> Result<(), ReaderClosed> {
        if self.header.pages.is_some() { self.send(EventBody::PageEnd(page)).await } else { Ok(()) }
    }

    /// A page failed. A single picture's failure is the run's.
    pub(super) async fn page_error(&mut self, page: u32, error: EventError) -> Result<(), ReaderClosed> {
        if self.header.pages.is_some() { self.send(EventBody::PageError { page, error }).await } else { Ok(()) }
    }

    /// The run is over: the last event.
    pub(super) fn end(&mut self, end: End) {
        self.finish(EventBody::End(end));
    }

    /// The whole run failed: as an error of the request if nothing has been sent yet, else as the last event.
    pub(super) fn fail(&mut self, error: Error) {
        match self.begun.take() {
            // Who has left does not hear it.
            Some(begun) => drop(begun.send(Err(error))),
            None => self.finish(EventBody::Error { error: error.to_event() }),
        }
    }

    fn finish(&mut self, body: EventBody) {
        let event = OcrEvent { body, seq: self.seq };
        if let Some(last) = self.last.take() {
            // A reader that leaves now has missed only the last line.
            drop(last.send(event));
        }
    }

    async fn send_start(&mut self, read_start: Option<ReadStart>) -> Result<(), ReaderClosed> {
        let single = read_start.as_ref().map(|read_start| self.turned(1, read_start));
        let (rotation, image_url) = single.unwrap_or_default();
        let Header { kind, document, run, model, ignored, pages, .. } = &self.header;
        let start = Start {
            kind: *kind,
            pages: *pages,
            document_id: *document,
            run_id: *run,
            model: read_start.as_ref().map_or(model, |read_start| &read_start.model).clone(),
            width: read_start.as_ref().map(|read_start| read_start.width),
            height: read_start.as_ref().map(|read_start| read_start.height),
            dpi: read_start.and_then(|read_start| read_start.dpi),
            rotation,
            image_url,
            ignored: ignored.clone(),
        };
        self.send(EventBody::Start(start)).await
    }

    async fn send(&mut self, body: EventBody) -> Result<(), ReaderClosed> {
        let bytes = EVENT_BYTES + text_of(&body).len() as u64;
        let event = OcrEvent { body, seq: self.seq };
        if let Some(begun) = self.begun.take() {
            begun.send(Ok(())).map_err(|_| ReaderClosed)?;
        }
        // Nearly always there is room, and no timer is needed.
        let sent = match self.sender.try_send(event) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(ReaderClosed),
            Err(mpsc::error::TrySendError::Full(event)) => self.wait_for_room(event).await,
        };
        if sent.is_ok() {
            self.seq += 1;
            self.sent += bytes;
        }
        self.last_sent = Instant::now();
        sent
    }

    /// Waits for the reader: for one event as long as a stall may last, for all of them as long as the least rate allows.
    async fn wait_for_room(&mut self, event: OcrEvent) -> Result<(), ReaderClosed> {
        let since = Instant::now();
        let budget = self.stall + Duration::from_secs_f64(self.sent as f64 / self.min_rate as f64);
        let patience = budget.saturating_sub(self.waited).min(self.stall);
        let read_start = tokio::time::timeout(patience, self.sender.send(event)).await;
        self.waited += since.elapsed();
        self.cut |= read_start.is_err();
        match read_start {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(ReaderClosed),
        }
    }
}

/// The text of an event: what makes it large.
fn text_of(body: &EventBody) -> &str {
    match body {
        EventBody::Delta { delta, .. } | EventBody::PageDelta { delta, .. } => delta,
        _ => "",
    }
}
