//! The composition root: the only place that names adapters.

mod auth;
mod clock;
mod engines;
mod exporter;
mod native;
mod secret_key;
mod users;

use std::{path::PathBuf, sync::Arc, time::Duration};

use inkstream_core::ports::UserRecord;
use inkstream_core::{
    accounts::{Accounts, Username},
    documents::{Documents, OpenDocuments},
    engines::Engines,
    lifecycle::Lifecycle,
    live_runs::LiveRuns,
    ports::Clock,
    runs::{Queue, QueueLimits, RunLimits, Runs},
};
use inkstream_engines::{ConfigError, size_names};
use inkstream_native::Native;
use inkstream_store::{Database, DiskBlobs, ExclusiveLock, SetupError, connect};
use inkstream_wire::SizeMode;
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
/// How long a run's lease lasts without being renewed.
const LEASE: Duration = Duration::from_mins(1);

/// Why the server cannot start. The message has one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database or the blobs could not be set up.
    #[error(transparent)]
    Store(#[from] SetupError),
    /// The engine of this name has wrong settings.
    #[error("the engine {0}: {1}")]
    Engine(String, #[source] ConfigError),
    /// The file of the secret key cannot be used.
    #[error("{}: {reason}", path.display())]
    SecretKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A setting is wrong, or contradicts the database; the message names it.
    #[error("{0}")]
    Setting(String),
    /// The sandboxed processes could not be started.
    #[error("the child processes cannot be started: {0}")]
    Native(#[from] inkstream_native::StartError),
    /// The first rows could not be written.
    #[error("the database cannot be prepared: {0}")]
    Prepare(#[from] inkstream_core::Error),
    /// The metrics could not be set up.
    #[error("the metrics cannot be set up: {0}")]
    Metrics(String),
    /// The port could not be bound.
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, #[source] std::io::Error),
    /// The signal handlers could not be installed.
    #[error("signals cannot be received: {0}")]
    Signals(#[source] std::io::Error),
}

/// The sections of the settings that [`bootstrap`] needs.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The database and the data folder.
    pub database: &'a DatabaseSettings,
    /// The engines.
    pub engine: &'a EngineSettings,
    /// The limits.
    pub limits: &'a LimitSettings,
    /// The sandboxed child processes.
    pub children: &'a ChildSettings,
    /// The username of callers without an account.
    pub anonymous: &'a Username,
    /// The accounts; `None` if nobody can sign in and nothing outlives the process.
    pub accounts: Option<AccountParts<'a>>,
}

/// The sections of the settings that accounts need.
#[derive(Debug, Clone, Copy)]
pub struct AccountParts<'a> {
    /// Whether callers must sign in.
    pub required: bool,
    /// Secret keys, lifetimes, the first admin.
    pub settings: &'a AccountSettings,
    /// Monthly quotas.
    pub quotas: &'a QuotaSettings,
    /// The base path of signed URLs.
    pub base_path: &'a BasePath,
}

/// The domain, wired to its adapters.
pub struct Composed {
    /// Stored documents.
    pub documents: Arc<Documents>,
    /// Runs and the ledger.
    pub runs: Arc<Runs>,
    /// Users, sessions and API keys.
    pub accounts: Arc<Accounts>,
    /// The user that callers without an account belong to.
    pub anonymous: UserRecord,
    /// The child processes; shut them down before the process ends.
    pub native: Native,
    /// The database; close it before the process ends.
    pub database: Database,
    /// Held for the process' life, so that no other server opens the embedded database.
    _exclusive_lock: Option<ExclusiveLock>,
}

/// Opens and migrates the database, sets up blobs, child processes and engines, creates the first users, and settles runs that
/// dead processes left behind.
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
    let (auth, urls) = match &accounts {
        Some(accounts) => auth::auth(accounts, &database, folder, clock.now()).await?,
        None => auth::without_accounts()?,
    };

    let store = Arc::new(database.clone());
    let blobs = Arc::new(blobs);
    let live_runs = LiveRuns::default();
    let lifecycle = Lifecycle::default();
    let usage_kept = accounts.and_then(|accounts| accounts.settings.usage_retention.0);
    let quotas = auth.policy.quotas;
    let accounts = Arc::new(Accounts {
        store: store.clone(),
        auth,
        blobs: blobs.clone(),
        live_runs: live_runs.clone(),
        clock: Arc::clone(&clock),
        lifecycle: lifecycle.clone(),
    });
    let documents = Arc::new(Documents {
        store: store.clone(),
        blobs,
        renderer: native.renderer(),
        open: OpenDocuments::default(),
        urls,
        live_runs: live_runs.clone(),
        clock: Arc::clone(&clock),
        lifecycle: lifecycle.clone(),
        max_upload_bytes: limits.max_upload_bytes,
        ttl: limits.document_ttl,
    });
    let runs = Arc::new(Runs {
        documents: Arc::clone(&documents),
        store,
        engines,
        prices: Arc::new(prices),
        quotas,
        queue: Queue::new(QueueLimits { max_runs: limits.max_runs, queue_max: limits.queue_max }),
        live_runs,
        clock,
        lifecycle,
        boot: Uuid::new_v4(),
        limits: run_limits(limits, engine, usage_kept),
    });
    let anonymous = users::anonymous(&accounts, anonymous).await?;
    if let Some(admin) = admin.flatten() {
        users::first_admin(&accounts, admin).await?;
    }
    let settled = inkstream_core::sweep::recover(&runs, exclusive_lock.is_some()).await?;
    if settled > 0 {
        tracing::warn!(runs = settled, "runs that an earlier process left behind were settled as aborted");
    }
    Ok(Composed { documents, runs, accounts, anonymous, native, database, _exclusive_lock: exclusive_lock })
}

/// Builds the fetcher of images; `None` unless the operator allows fetching.
pub fn fetcher(settings: &FetchSettings) -> Result<Option<Fetcher>, StartError> {
    if !settings.allow_url_fetch {
        return Ok(None);
    }
    let fetcher = Fetcher::new(settings.url_fetch_timeout, Arc::new(Internet));
    fetcher.map(Some).map_err(|error| StartError::Setting(format!("ALLOW_URL_FETCH: no HTTP client: {error}")))
}

/// Builds the engines without the domain, to probe them but not to recognize pages.
pub fn engines_only(engine: &EngineSettings, children: &ChildSettings) -> Result<(Engines, Native), StartError> {
    let native = Native::start(native::config(children, None, engine))?;
    let (engines, _) = engines::engines(engine, &native, 0)?;
    Ok((engines, native))
}

fn run_limits(limits: &LimitSettings, engine: &EngineSettings, usage_kept: Option<Duration>) -> RunLimits {
    RunLimits {
        usage_kept,
        page_deadline: limits.page_deadline,
        stream_stall: limits.stream_stall_timeout,
        stream_min_rate: limits.stream_min_rate,
        heartbeat: HEARTBEAT,
        lease: LEASE,
        sizes: size_names().into_iter().map(SizeMode::new).collect(),
        languages: engine.ocr_languages.names().to_vec(),
        prompt: engine.prompt().map(str::to_owned),
    }
}
