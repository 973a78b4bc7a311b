//! Runs: a run recognizes pages of one document in a task of its own.

mod begin;
mod bound;
mod closing;
mod emitter;
mod languages;
mod live;
mod pages;
mod plan;
mod progress;
mod queue;
mod queue_progress;
mod task;
mod transcript;

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
use begin::{Request, StartedRun};

/// The document that a run reads.
pub enum Source {
    /// A new upload, which is stored as a document.
    Upload(Upload),
    /// A stored document.
    Stored(DocumentId),
}

/// A run that has begun. Dropping it cancels the run.
pub struct LiveRun {
    /// The run's id.
    pub run_id: RunId,
    /// The document's id.
    pub document_id: DocumentId,
    /// The numbers of the pages that are read, from 1, in order.
    pub pages: Vec<u32>,
    events: mpsc::Receiver<OcrEvent>,
    /// The last event comes on its own channel, so that it never waits for room in `events`; `None` once it was received.
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

/// Validates the request, records the run in the ledger and starts its task.
///
/// `ticket` comes from [`Queue::enter`], called before the upload was received. `kind` is the kind of document that the route
/// accepts: another kind is `WrongRoute`; `None` accepts both. If a single image cannot be read at all, this function returns
/// the error; later failures are events.
///
/// If the caller drops this future, the run still begins completely, and then ends at once: no partial state stays behind.
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

/// As [`start`], with a token bound that the run shares with the other runs of the same answer.
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
    let StartedRun { run_id, document_id, pages, events, last, outcome } =
        app.run_to_completion(request.begin(source)).await?;
    match outcome.await {
        Ok(Ok(())) => Ok(LiveRun { run_id, document_id, pages, events, last: Some(last), _cancel: guard }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::internal("a run's task ended without reporting an outcome")),
    }
}
