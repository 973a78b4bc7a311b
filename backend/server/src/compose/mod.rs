//! The composition root: the only place that names adapters.

mod clock;
mod engines;
mod exporter;
mod native;

use std::{sync::Arc, time::Duration};

use inkstream_core::{
    app::{App, Limits},
    ports::Clock,
    runs::{Queue, QueueLimits},
};
use inkstream_engines::ConfigError;
use inkstream_native::Native;
use inkstream_store::{Database, DiskBlobs, SetupError, Sole, connect};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

pub use clock::SystemClock;
pub use exporter::{exporter, install};

use crate::settings::{ChildSettings, DatabaseSettings, EngineSettings, LimitSettings};

/// Silence on a stream after which a heartbeat is sent (docs/api.md).
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a run belongs to its process without being renewed.
const LEASE: Duration = Duration::from_mins(1);

/// Why the server cannot start, in one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database or the blobs.
    #[error(transparent)]
    Store(#[from] SetupError),
    /// The engine's settings.
    #[error("LLM_BASE_URL, LLM_API_KEY, LLM_MODEL: {0}")]
    Engine(#[from] ConfigError),
    /// The sandboxed processes.
    #[error("the child processes cannot be started: {0}")]
    Native(#[from] inkstream_native::StartError),
    /// The first rows.
    #[error("the database cannot be prepared: {0}")]
    Prepare(#[from] inkstream_core::Error),
    /// The metrics.
    #[error("the metrics cannot be set up: {0}")]
    Metrics(String),
    /// The port.
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, #[source] std::io::Error),
    /// The system's signals.
    #[error("signals cannot be received: {0}")]
    Signals(#[source] std::io::Error),
}

/// The domain with its adapters.
pub struct Composed {
    /// What use-cases work with.
    pub app: Arc<App>,
    /// The row of callers without an account.
    pub anonymous: Uuid,
    /// The child processes: warmed up at the start, ended at the end.
    pub native: Native,
    /// Closed at the end.
    pub database: Database,
    /// Held as long as this process owns the embedded database.
    _sole: Option<Sole>,
}

/// Opens the database and brings it up to date, sets up files, children and engines, and settles what dead processes
/// have left.
pub async fn compose(
    database: &DatabaseSettings,
    engine: &EngineSettings,
    limits: &LimitSettings,
    children: &ChildSettings,
    username: &str,
) -> Result<Composed, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let blobs = DiskBlobs::open(&database.blobs(), Arc::clone(&clock))?;
    let native = Native::start(native::config(children, limits, engine))?;
    let engines = engines::engines(engine, &native)?;
    let database = connect(database.url(), &database.data_dir).await?;
    let sole = database.sole()?;
    database.migrate_up().await?;

    let app = Arc::new(App {
        store: Arc::new(database.clone()),
        blobs: Arc::new(blobs),
        renderer: native.renderer(),
        engines,
        clock: Arc::clone(&clock),
        limits: domain_limits(limits, engine),
        queue: Queue::new(QueueLimits {
            max_runs: limits.max_runs,
            max_runs_per_client: limits.max_runs_per_client,
            queue_max: limits.queue_max,
            queue_max_per_client: limits.queue_max_per_client,
        }),
        tasks: TaskTracker::new(),
        stopping: CancellationToken::new(),
        boot: Uuid::new_v4(),
    });
    let anonymous = app.store.ensure_user(username, clock.now()).await?;
    let settled = inkstream_core::sweep::recover(&app, sole.is_some()).await?;
    if settled > 0 {
        tracing::warn!(runs = settled, "runs that an earlier process left behind were settled as aborted");
    }
    Ok(Composed { app, anonymous, native, database, _sole: sole })
}

fn domain_limits(limits: &LimitSettings, engine: &EngineSettings) -> Limits {
    Limits {
        max_upload_bytes: limits.max_upload_bytes,
        max_pages: limits.max_pages,
        document_ttl: limits.document_ttl,
        stream_stall: limits.stream_stall_timeout,
        heartbeat: HEARTBEAT,
        lease: LEASE,
        languages: engine.ocr_languages.names().to_vec(),
        prompt: engine.prompt().map(str::to_owned),
    }
}
