//! The composition root: the only place that names adapters.

mod auth;
mod clock;
mod engines;
mod exporter;
mod native;
mod secret_key;
mod users;

use std::{path::PathBuf, sync::Arc, time::Duration};

use inkstream_core::{
    accounts::Username,
    app::{App, Limits},
    engines::Engines,
    ports::Clock,
    runs::{LiveRuns, Queue, QueueLimits},
};
use inkstream_engines::ConfigError;
use inkstream_native::Native;
use inkstream_store::{Database, DiskBlobs, ExclusiveLock, SetupError, connect};
use inkstream_wire::User;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

pub use clock::SystemClock;
pub use exporter::{exporter, install};

use crate::{
    fetch::{Fetcher, Internet},
    settings::{
        AccountSettings, BasePath, ChildSettings, DatabaseSettings, EngineSettings, FetchSettings, LimitSettings,
        QuotaSettings,
    },
};

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
    /// The settings of the engine of this name.
    #[error("the engine {0}: {1}")]
    Engine(String, #[source] ConfigError),
    /// The file of the secret key.
    #[error("{}: {reason}", path.display())]
    SecretKey {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A setting that the database contradicts; the line names it.
    #[error("{0}")]
    Setting(String),
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

/// What the domain is composed of: sections of the settings.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The database and the files.
    pub database: &'a DatabaseSettings,
    /// What reads.
    pub engine: &'a EngineSettings,
    /// How much is allowed.
    pub limits: &'a LimitSettings,
    /// The sandboxed processes.
    pub children: &'a ChildSettings,
    /// Name on the ledger of callers without an account.
    pub anonymous: &'a Username,
    /// Who may sign in; `None` where nobody can, and nothing outlives the process.
    pub accounts: Option<Accounts<'a>>,
}

/// Who may sign in, and how much may be read.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a> {
    /// Whether callers must sign in.
    pub required: bool,
    /// Keys, lifetimes, the first admin.
    pub settings: &'a AccountSettings,
    /// How much may be read in a month.
    pub quotas: &'a QuotaSettings,
    /// The path that addresses are handed out beneath.
    pub base_path: &'a BasePath,
}

/// The domain with its adapters.
pub struct Composed {
    /// What use-cases work with.
    pub app: Arc<App>,
    /// The user of callers without an account.
    pub anonymous: User,
    /// The child processes: warmed up at the start, ended at the end.
    pub native: Native,
    /// Closed at the end.
    pub database: Database,
    /// Held as long as this process owns the embedded database.
    _sole: Option<ExclusiveLock>,
}

/// Opens the database and brings it up to date, sets up files, children and engines, makes the first users, and settles
/// what dead processes have left.
pub async fn bootstrap(parts: Parts<'_>) -> Result<Composed, StartError> {
    let Parts { database, engine, limits, children, anonymous, accounts } = parts;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let blobs = DiskBlobs::open(&database.blobs(), Arc::clone(&clock))?;
    let native = Native::start(native::config(children, Some(limits), engine))?;
    let (engines, prices) = engines::engines(engine, &native, limits.queue_max)?;
    let admin = accounts.map(|accounts| accounts.settings.first_admin().map_err(StartError::Setting)).transpose()?;
    let folder = &database.data_dir;
    let database = connect(database.url(), folder).await?;
    let exclusive_lock = database.exclusive_lock()?;
    database.migrate_up().await?;
    let auth = match &accounts {
        Some(accounts) => auth::auth(accounts, &database, folder, clock.now()).await?,
        None => auth::nobody()?,
    };

    let app = Arc::new(App {
        store: Arc::new(database.clone()),
        accounts: Arc::new(database.clone()),
        auth,
        blobs: Arc::new(blobs),
        renderer: native.renderer(),
        prices,
        engines,
        clock,
        limits: domain_limits(limits, engine, accounts.and_then(|accounts| accounts.settings.usage_retention.0)),
        queue: Queue::new(QueueLimits { max_runs: limits.max_runs, queue_max: limits.queue_max }),
        live: LiveRuns::default(),
        tasks: TaskTracker::new(),
        stopping: CancellationToken::new(),
        boot: Uuid::new_v4(),
    });
    let anonymous = users::anonymous(&app, anonymous).await?;
    if let Some(admin) = admin.flatten() {
        users::first_admin(&app, admin).await?;
    }
    let settled = inkstream_core::sweep::recover(&app, exclusive_lock.is_some()).await?;
    if settled > 0 {
        tracing::warn!(runs = settled, "runs that an earlier process left behind were settled as aborted");
    }
    Ok(Composed { app, anonymous, native, database, _sole: exclusive_lock })
}

/// What fetches pictures for callers, if the operator lets it.
pub fn fetcher(settings: &FetchSettings) -> Result<Option<Fetcher>, StartError> {
    if !settings.allow_url_fetch {
        return Ok(None);
    }
    let fetcher = Fetcher::new(settings.url_fetch_timeout, Arc::new(Internet));
    fetcher.map(Some).map_err(|error| StartError::Setting(format!("ALLOW_URL_FETCH: no HTTP client: {error}")))
}

/// The engines without a domain around them: to be looked at, not to read with.
pub fn engines_alone(engine: &EngineSettings, children: &ChildSettings) -> Result<(Engines, Native), StartError> {
    let native = Native::start(native::config(children, None, engine))?;
    let (engines, _) = engines::engines(engine, &native, 0)?;
    Ok((engines, native))
}

fn domain_limits(limits: &LimitSettings, engine: &EngineSettings, usage_kept: Option<Duration>) -> Limits {
    Limits {
        max_upload_bytes: limits.max_upload_bytes,
        document_ttl: limits.document_ttl,
        usage_kept,
        page_deadline: limits.page_deadline,
        stream_stall: limits.stream_stall_timeout,
        stream_min_rate: limits.stream_min_rate,
        heartbeat: HEARTBEAT,
        lease: LEASE,
        languages: engine.ocr_languages.names().to_vec(),
        prompt: engine.prompt().map(str::to_owned),
    }
}
