//! The ports and limits that use-cases work with, made once by the composition root.

use std::{sync::Arc, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    Error, Result,
    accounts::Auth,
    ports::{AccountStore, Blobs, Clock, Engine, Renderer, Store},
    prices::Prices,
    runs::{LiveRuns, Queue},
};
use inkstream_wire::ErrorCode;

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

/// What is allowed. The command line's help says what each is and gives its default.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of an upload.
    pub max_upload_bytes: u64,
    /// How long a document is kept.
    pub document_ttl: Duration,
    /// How long a reader may take nothing before it is cut.
    pub stream_stall: Duration,
    /// Silence after which a heartbeat is sent.
    pub heartbeat: Duration,
    /// How long a run's row belongs to its process without being renewed.
    pub lease: Duration,
    /// Languages of a page when the caller names none.
    pub languages: Vec<String>,
    /// The operator's prompt (`LLM_PROMPT`).
    pub prompt: Option<String>,
}

/// The engines, by model.
pub struct Engines {
    all: Vec<Arc<dyn Engine>>,
}

impl Engines {
    /// The first engine is the default one; there must be one.
    pub fn new(first: Arc<dyn Engine>, others: impl IntoIterator<Item = Arc<dyn Engine>>) -> Self {
        let mut all = vec![first];
        all.extend(others);
        Self { all }
    }

    /// Every engine, the default one first.
    pub fn all(&self) -> &[Arc<dyn Engine>] {
        &self.all
    }

    /// The engine of this model, or the default one.
    pub fn choose(&self, model: Option<&str>) -> Result<&Arc<dyn Engine>> {
        let Some(model) = model else { return Ok(&self.all[0]) };
        self.all.iter().find(|engine| engine.info().model == model).ok_or_else(|| {
            let known: Vec<_> = self.all.iter().map(|engine| engine.info().model.as_str()).collect();
            Error::new(
                ErrorCode::UnknownModel,
                format!("No engine here serves that model. There are: {}.", known.join(", ")),
            )
        })
    }
}
