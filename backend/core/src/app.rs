//! The ports and limits of the use-cases, assembled once by the composition root.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::sync::oneshot;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{
    Error, Result,
    accounts::Auth,
    engines::Engines,
    ports::{AccountStore, Blobs, Clock, Renderer, Store},
    prices::Prices,
    runs::{LiveRuns, Queue},
};

/// Everything a use-case may need.
pub struct App {
    /// The database: documents and runs.
    pub store: Arc<dyn Store>,
    /// The database: users, sessions, keys, the audit trail.
    pub accounts: Arc<dyn AccountStore>,
    /// Authentication and its limits.
    pub auth: Auth,
    /// Blobs: the documents' files.
    pub blobs: Arc<dyn Blobs>,
    /// Opens documents and renders pages.
    pub renderer: Arc<dyn Renderer>,
    /// The engines that recognize pages.
    pub engines: Engines,
    /// The operator's prices.
    pub prices: Arc<Prices>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The operator's limits.
    pub limits: Limits,
    /// Admission control of runs.
    pub queue: Queue,
    /// Runs that have a task in this process.
    pub live: LiveRuns,
    /// Runs in flight: shutdown waits for them.
    pub tasks: TaskTracker,
    /// Cancelled when the server stops: runs settle as `aborted`.
    pub stopping: CancellationToken,
    /// The id of this process, in the rows of its runs.
    pub boot: Uuid,
}

impl App {
    /// Runs `work` in its own task and waits for it. If the caller is dropped, as a request's handler is when its connection closes,
    /// the work still runs to its end, so that several steps are never left half done.
    pub(crate) async fn run_to_completion<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (done, outcome) = oneshot::channel();
        let task = async move {
            // If nobody waits any more, drop the result here, while shutdown still waits for this task.
            let _ = done.send(work.await);
        };
        self.tasks.spawn(task.in_current_span());
        // Do not repeat the panic's message, which may contain anything.
        outcome.await.map_err(|_| Error::internal("a task panicked"))?
    }
}

/// The operator's limits. The command line's help says what each is and gives its default.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The maximum size of an upload in bytes.
    pub max_upload_bytes: u64,
    /// How long a document is kept.
    pub document_ttl: Duration,
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
    /// The default languages of a page.
    pub languages: Vec<String>,
    /// The operator's prompt (`LLM_PROMPT`).
    pub prompt: Option<String>,
}
