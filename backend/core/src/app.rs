//! The ports and limits that use-cases work with, made once by the composition root.

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
    /// What accounts are proved and bounded with.
    pub auth: Auth,
    /// Files.
    pub blobs: Arc<dyn Blobs>,
    /// Opens documents and renders pages.
    pub renderer: Arc<dyn Renderer>,
    /// What reads them.
    pub engines: Engines,
    /// What reading costs.
    pub prices: Prices,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is allowed.
    pub limits: Limits,
    /// Who may run, and who waits.
    pub queue: Queue,
    /// Runs whose rows this process keeps.
    pub live: LiveRuns,
    /// Runs in flight: shutdown waits for them.
    pub tasks: TaskTracker,
    /// Cancelled when the server stops: runs settle as `aborted`.
    pub stopping: CancellationToken,
    /// This process, on the rows it owns.
    pub boot: Uuid,
}

impl App {
    /// Runs `work` as a task of its own and waits for it. It goes on to its end when whoever waits has left, as the handler
    /// of a request does whose connection is gone: what takes several steps is never done by half.
    pub(crate) async fn run_to_completion<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (done, outcome) = oneshot::channel();
        let task = async move {
            // What nobody waits for any more is dropped here, while shutdown still waits for this task.
            let _ = done.send(work.await);
        };
        self.tasks.spawn(task.in_current_span());
        // What a panic says may hold anything, so it is not repeated.
        outcome.await.map_err(|_| Error::internal("a task panicked"))?
    }
}

/// What is allowed. The command line's help says what each is and gives its default.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of an upload.
    pub max_upload_bytes: u64,
    /// How long a document is kept.
    pub document_ttl: Duration,
    /// How long a run stands on the ledger by itself; `None` is for ever.
    pub usage_kept: Option<Duration>,
    /// How long an engine may work at a page, all its attempts together.
    pub page_deadline: Duration,
    /// How long a reader may take nothing before it is cut.
    pub stream_stall: Duration,
    /// The least that a reader must take while its run waits for it, in bytes a second.
    pub stream_min_rate: u64,
    /// Silence after which a heartbeat is sent.
    pub heartbeat: Duration,
    /// How long a run's row belongs to its process without being renewed.
    pub lease: Duration,
    /// Languages of a page when the caller names none.
    pub languages: Vec<String>,
    /// The operator's prompt (`LLM_PROMPT`).
    pub prompt: Option<String>,
}
