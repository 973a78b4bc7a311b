//! Runs: one recognition of pages of a document, as a task of its own.

mod accumulator;
mod attempts;
mod begin;
mod bound;
mod closing;
mod embedded;
mod emitter;
mod language;
mod live;
mod page;
mod plan;
mod queue;
mod queue_progress;
mod reservation;
mod task;
mod transcript;
mod warnings;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::Stream;
use inkstream_wire::{DocumentId, OcrEvent, RunId, RunKind, RunOptions};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::DropGuard;

pub use bound::TokenBound;
pub use live::LiveRuns;
pub use queue::{Client, Queue, QueueLimits, Ticket};
pub use transcript::{Transcript, transcript};

use crate::{Error, Result, app::App, documents::Upload, owner::Owner};
use begin::{Begun, Request};

/// What a run reads.
pub enum Source {
    /// A fresh upload, which becomes a document.
    Upload(Upload),
    /// A stored document.
    Stored(DocumentId),
}

/// A run that has begun. Dropping it cancels the run.
pub struct LiveRun {
    /// The run.
    pub run_id: RunId,
    /// The document.
    pub document_id: DocumentId,
    /// The pages that are read, in order.
    pub pages: Vec<u32>,
    events: mpsc::Receiver<OcrEvent>,
    /// The last event, until it has been taken.
    last: Option<oneshot::Receiver<OcrEvent>>,
    _cancel: DropGuard,
}

impl Stream for LiveRun {
    type Item = OcrEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<OcrEvent>> {
        let this = &mut *self;
        if let Some(event) = ready!(this.events.poll_recv(cx)) {
            return Poll::Ready(Some(event));
        }
        let Some(last) = &mut this.last else { return Poll::Ready(None) };
        let event = ready!(Pin::new(last).poll(cx));
        this.last = None;
        Poll::Ready(event.ok())
    }
}

/// Checks everything that can be checked before work is done, puts the run on the ledger and starts its task.
///
/// `ticket` is the place in the queue, taken with [`Queue::enter`] before the upload was read. `kind` is what the route
/// stands for: `Image` and `Pdf` demand that kind (`WrongRoute`); `None` takes the document's own. A single picture that
/// cannot be read at all fails here; later failures are events.
///
/// Who leaves while the run is being begun leaves nothing half done: it begins, and ends at once.
pub async fn start(
    app: &Arc<App>,
    owner: Owner,
    ticket: Ticket,
    source: Source,
    kind: Option<RunKind>,
    options: RunOptions,
) -> Result<LiveRun> {
    start_within(app, owner, ticket, source, kind, options, None).await
}

/// As [`start`], within the bound of the answer that the run is a part of.
pub async fn start_within(
    app: &Arc<App>,
    owner: Owner,
    ticket: Ticket,
    source: Source,
    kind: Option<RunKind>,
    options: RunOptions,
    bound: Option<TokenBound>,
) -> Result<LiveRun> {
    let cancel = app.stopping.child_token();
    let guard = cancel.clone().drop_guard();
    let request = Request { app: Arc::clone(app), owner, ticket, kind, options, bound, cancel };
    let Begun { run_id, document_id, pages, events, last, outcome } =
        app.run_to_completion(request.begin(source)).await?;
    match outcome.await {
        Ok(Ok(())) => Ok(LiveRun { run_id, document_id, pages, events, last: Some(last), _cancel: guard }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::internal("a run's task ended without a word")),
    }
}
