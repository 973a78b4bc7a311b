//! Runs: a run recognizes pages of one document in a task of its own.

mod begin;
mod bound;
mod closing;
mod emitter;
mod languages;
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
    time::Duration,
};

use futures::Stream;
use inkstream_wire::{DocumentId, OcrEvent, RunId, RunKind, RunOptions, SizeMode};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::DropGuard;
use uuid::Uuid;

pub use bound::TokenBound;
pub use queue::{Client, Queue, QueueLimits, Ticket};
pub use transcript::{Transcript, transcript};

use crate::{
    Error, Result,
    documents::{Documents, Upload},
    engines::Engines,
    lifecycle::Lifecycle,
    live_runs::LiveRuns,
    owner::Owner,
    ports::{Clock, Store},
    prices::Prices,
    quota::OperatorQuotas,
};
use begin::{Request, StartedRun};

/// The ports and limits of runs.
pub struct Runs {
    /// The documents that are read.
    pub documents: Arc<Documents>,
    /// Runs, their pages and the ledger.
    pub store: Arc<dyn Store>,
    /// The engines that recognize pages.
    pub engines: Engines,
    /// The operator's prices.
    pub prices: Arc<Prices>,
    /// The operator's quotas.
    pub quotas: OperatorQuotas,
    /// Admission control.
    pub queue: Queue,
    /// The runs that have a task in this process.
    pub live_runs: LiveRuns,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The lifecycle of the process.
    pub lifecycle: Lifecycle,
    /// The id of this process, in the rows of its runs.
    pub boot: Uuid,
    /// The operator's limits.
    pub limits: RunLimits,
}

/// The operator's limits. The command line's help says what each is and gives its default.
#[derive(Debug, Clone)]
pub struct RunLimits {
    /// How long a run keeps its own row in the ledger; `None` is for ever.
    pub usage_kept: Option<Duration>,
    /// The time that an engine has for a page, over all its attempts.
    pub page_deadline: Duration,
    /// How long a reader may take no event before it is cut off.
    pub stream_stall: Duration,
    /// The minimum rate at which a reader must take events while its run waits, in bytes a second.
    pub stream_min_rate: u64,
    /// The time without an event after which a heartbeat is sent.
    pub heartbeat: Duration,
    /// The lease of a run's row: how long it belongs to its process without a renewal.
    pub lease: Duration,
    /// The size modes that callers may name. Those that an engine does not have are ignored there.
    pub sizes: Vec<SizeMode>,
    /// The default languages of a page.
    pub languages: Vec<String>,
    /// The operator's prompt (`LLM_PROMPT`).
    pub prompt: Option<String>,
}

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
    runs: &Arc<Runs>,
    owner: Owner,
    ticket: Ticket,
    source: Source,
    kind: Option<RunKind>,
    options: RunOptions,
) -> Result<LiveRun> {
    start_within(runs, owner, ticket, source, kind, options, None).await
}

/// As [`start`], with a token bound that the run shares with the other runs of the same answer.
pub async fn start_within(
    runs: &Arc<Runs>,
    owner: Owner,
    ticket: Ticket,
    source: Source,
    kind: Option<RunKind>,
    options: RunOptions,
    bound: Option<TokenBound>,
) -> Result<LiveRun> {
    let cancel = runs.lifecycle.stopping.child_token();
    let guard = cancel.clone().drop_guard();
    let request = Request { runs: Arc::clone(runs), owner, ticket, kind, options, bound, cancel };
    let StartedRun { run_id, document_id, pages, events, last, outcome } =
        runs.lifecycle.run_to_completion(request.begin(source)).await?;
    match outcome.await {
        Ok(Ok(())) => Ok(LiveRun { run_id, document_id, pages, events, last: Some(last), _cancel: guard }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::internal("a run's task ended without reporting an outcome")),
    }
}
