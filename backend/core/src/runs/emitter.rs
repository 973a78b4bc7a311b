//! A run's outward events: numbered, told as a single picture's or as pages', and never waiting for ever.

use std::time::Duration;

use inkstream_wire::{
    Anew, DocumentId, DocumentKind, End, EventBody, EventError, OcrEvent, PageEnd, PageStart, PixelBox, RunId, Start,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::page::Taken;
use crate::{Error, documents::DocumentLinks};

/// The reader left, or took nothing for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone;

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
    pub(super) links: DocumentLinks,
}

/// Sends a run's events.
pub(super) struct Emitter {
    header: Header,
    sender: mpsc::Sender<OcrEvent>,
    /// Told once: the stream has begun, or the run failed before it had.
    begun: Option<oneshot::Sender<Result<(), Error>>>,
    seq: u64,
    stall: Duration,
    last_sent: Instant,
}

impl Emitter {
    pub(super) fn new(
        header: Header,
        sender: mpsc::Sender<OcrEvent>,
        begun: oneshot::Sender<Result<(), Error>>,
        stall: Duration,
    ) -> Self {
        Self { header, sender, begun: Some(begun), seq: 0, stall, last_sent: Instant::now() }
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

    pub(super) async fn queued(&mut self, ahead: u32) -> Result<(), Gone> {
        self.send(EventBody::Queued { ahead }).await
    }

    pub(super) async fn heartbeat(&mut self) -> Result<(), Gone> {
        self.send(EventBody::Heartbeat).await
    }

    /// The run has its turn. A single picture's `start` waits for the picture's size.
    pub(super) async fn start(&mut self) -> Result<(), Gone> {
        if self.header.pages.is_some() { self.send_start(None).await } else { Ok(()) }
    }

    pub(super) async fn page_start(&mut self, page: u32, taken: Taken) -> Result<(), Gone> {
        if self.header.pages.is_none() {
            return self.send_start(Some(taken)).await;
        }
        let (rotation, image_url) = self.turned(page, &taken);
        let Taken { width, height, dpi, model, .. } = taken;
        self.send(EventBody::PageStart(PageStart { page, width, height, dpi, model, rotation, image_url })).await
    }

    /// A page is read anew, because the attempt before it ended so. A caller that does not know of that has been told no
    /// text of it, and goes on with what comes.
    pub(super) async fn page_anew(&mut self, page: u32, taken: Taken, reason: &str) -> Result<(), Gone> {
        if !self.header.resets {
            return Ok(());
        }
        let (rotation, image_url) = self.turned(page, &taken);
        let Taken { width, height, dpi, model, .. } = taken;
        let anew = Anew { reason: reason.to_owned(), model, width, height, dpi, rotation, image_url };
        self.send(match self.header.pages {
            None => EventBody::Reset(anew),
            Some(_) => EventBody::PageReset { page, anew },
        })
        .await
    }

    /// How the page's picture is turned, if it is, and where it may be had.
    fn turned(&self, page: u32, taken: &Taken) -> (Option<u16>, Option<String>) {
        let rotation = Some(taken.rotation).filter(|rotation| *rotation != 0);
        (rotation, self.header.links.turned_image(page, rotation))
    }

    pub(super) async fn text(&mut self, page: u32, delta: String, bounds: Option<PixelBox>) -> Result<(), Gone> {
        let bounds = bounds.filter(|_| self.header.boxes);
        self.send(match self.header.pages {
            None => EventBody::Delta { delta, bounds },
            Some(_) => EventBody::PageDelta { page, delta, bounds },
        })
        .await
    }

    /// A page is finished. A single picture's `end` says it instead.
    pub(super) async fn page_end(&mut self, page: PageEnd) -> Result<(), Gone> {
        if self.header.pages.is_some() { self.send(EventBody::PageEnd(page)).await } else { Ok(()) }
    }

    /// A page failed. A single picture's failure is the run's.
    pub(super) async fn page_error(&mut self, page: u32, error: EventError) -> Result<(), Gone> {
        if self.header.pages.is_some() { self.send(EventBody::PageError { page, error }).await } else { Ok(()) }
    }

    pub(super) async fn end(&mut self, end: End) -> Result<(), Gone> {
        self.send(EventBody::End(end)).await
    }

    /// The whole run failed: as an error of the request if nothing has been sent yet, else as the last event.
    pub(super) async fn fail(&mut self, error: Error) -> Result<(), Gone> {
        let Some(begun) = self.begun.take() else {
            return self.send(EventBody::Error { error: error.to_event() }).await;
        };
        begun.send(Err(error)).map_err(|_| Gone)
    }

    async fn send_start(&mut self, taken: Option<Taken>) -> Result<(), Gone> {
        let single = taken.as_ref().map(|taken| self.turned(1, taken));
        let (rotation, image_url) = single.unwrap_or_default();
        let Header { kind, document, run, model, ignored, pages, .. } = &self.header;
        let start = Start {
            kind: *kind,
            pages: *pages,
            document_id: *document,
            run_id: *run,
            model: taken.as_ref().map_or(model, |taken| &taken.model).clone(),
            width: taken.as_ref().map(|taken| taken.width),
            height: taken.as_ref().map(|taken| taken.height),
            dpi: taken.and_then(|taken| taken.dpi),
            rotation,
            image_url,
            ignored: ignored.clone(),
        };
        self.send(EventBody::Start(start)).await
    }

    async fn send(&mut self, body: EventBody) -> Result<(), Gone> {
        let event = OcrEvent { body, seq: self.seq };
        self.seq += 1;
        if let Some(begun) = self.begun.take() {
            begun.send(Ok(())).map_err(|_| Gone)?;
        }
        // Nearly always there is room, and no timer is needed.
        let sent = match self.sender.try_send(event) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Gone),
            Err(mpsc::error::TrySendError::Full(event)) => {
                match tokio::time::timeout(self.stall, self.sender.send(event)).await {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(_)) | Err(_) => Err(Gone),
                }
            }
        };
        self.last_sent = Instant::now();
        sent
    }
}
