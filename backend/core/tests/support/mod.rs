//! In-memory ports for tests of the use-cases.

mod accounts;
mod engine;
mod files;
mod store;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use inkstream_core::{
    Result,
    accounts::{AccessTokens, Accounts, Auth, AuthPolicy, Hasher, SecretKeys, SignedUrls, Throttle, TokenAlgorithm},
    documents::{self, Documents, OpenDocuments, Upload},
    engines::Engines,
    lifecycle::Lifecycle,
    live_runs::LiveRuns,
    owner::Owner,
    ports::Clock,
    prices::{Price, Prices},
    quota::{OperatorQuotas, QuotaLimits},
    runs::{self, Client, LiveRun, Queue, QueueLimits, RunLimits, Runs, Source},
};
use inkstream_wire::{OcrEvent, RunKind, RunOptions, SizeMode};
use jiff::Timestamp;
use uuid::Uuid;

use accounts::NoAccounts;
pub(crate) use engine::{FakeEngine, Step};
pub(crate) use files::{MemoryBlobs, OWN_TEXT, PaperRenderer};
pub(crate) use store::{Call, CallGate, MemoryStore, PATIENCE};

/// Everything a test holds in its hands.
pub(crate) struct World {
    pub(crate) documents: Arc<Documents>,
    pub(crate) runs: Arc<Runs>,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) blobs: Arc<MemoryBlobs>,
    pub(crate) paper: Arc<PaperRenderer>,
    pub(crate) clock: Arc<StandingClock>,
    pub(crate) owner: Owner,
}

/// What the fake engine's pages cost.
pub(crate) const PRICE: Price =
    Price { thousand_pages: 500.0, million_prompt_tokens: 0.0, million_completion_tokens: 0.0 };

/// A clock that stands, at first in 1970, until it is set forward.
#[derive(Default)]
pub(crate) struct StandingClock(Mutex<Timestamp>);

impl StandingClock {
    pub(crate) fn forward(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A world with room for `max_runs` runs, whose engine does as `engine` says.
pub(crate) fn world(engine: FakeEngine, max_runs: usize) -> World {
    world_with(engine, max_runs, QuotaLimits::default())
}

/// The same, where the anonymous user's month is limited.
pub(crate) fn world_with(engine: FakeEngine, max_runs: usize, anonymous_quota: QuotaLimits) -> World {
    world_of(Engines::new(Arc::new(engine), [], 64), max_runs, anonymous_quota)
}

/// A world with these engines.
pub(crate) fn world_of(engines: Engines, max_runs: usize, anonymous_quota: QuotaLimits) -> World {
    let store = Arc::new(MemoryStore::default());
    let blobs = Arc::new(MemoryBlobs::default());
    let paper = Arc::new(PaperRenderer::default());
    let clock = Arc::new(StandingClock::default());
    let (auth, urls) = auth(anonymous_quota);
    let quotas = auth.policy.quotas;
    let (live_runs, lifecycle) = (LiveRuns::default(), Lifecycle::default());
    let accounts = Accounts {
        store: Arc::new(NoAccounts),
        auth,
        blobs: blobs.clone(),
        live_runs: live_runs.clone(),
        clock: clock.clone(),
        lifecycle: lifecycle.clone(),
    };
    let documents = Arc::new(Documents {
        store: store.clone(),
        blobs: blobs.clone(),
        renderer: paper.clone(),
        open: OpenDocuments::default(),
        urls,
        live_runs: live_runs.clone(),
        clock: clock.clone(),
        lifecycle: lifecycle.clone(),
        max_upload_bytes: 64,
        ttl: Duration::from_hours(1),
    });
    let runs = Runs {
        documents: documents.clone(),
        store: store.clone(),
        engines,
        prices: Arc::new(Prices { currency: None, by_model: [("fake".to_owned(), PRICE)].into() }),
        quotas,
        queue: Queue::new(QueueLimits { max_runs, queue_max: 9 }),
        live_runs,
        clock: clock.clone(),
        lifecycle,
        boot: Uuid::nil(),
        limits: RunLimits {
            usage_kept: None,
            page_deadline: Duration::from_mins(10),
            stream_stall: Duration::from_secs(30),
            stream_min_rate: 256,
            heartbeat: Duration::from_secs(15),
            lease: Duration::from_mins(1),
            sizes: vec![SizeMode::new("tiny"), SizeMode::new("gundam")],
            languages: vec!["eng".to_owned()],
            prompt: None,
        },
    };
    World {
        documents,
        runs: Arc::new(runs),
        accounts: Arc::new(accounts),
        store,
        blobs,
        paper,
        clock,
        owner: Owner { user: Uuid::nil(), session: Some(Uuid::nil()), anonymous: true, key: None },
    }
}

fn auth(anonymous_quota: QuotaLimits) -> (Auth, SignedUrls) {
    let keys = SecretKeys::new("a key for tests alone".into(), Vec::new()).unwrap();
    let auth = Auth {
        hasher: Hasher::new(1).unwrap(),
        tokens: AccessTokens::new(TokenAlgorithm::Hs256, &keys, Duration::from_mins(1)),
        throttle: Throttle::default(),
        policy: AuthPolicy {
            required: false,
            anonymous_allowed: true,
            registration: false,
            registrations_per_hour: 0,
            session_lifetime: Duration::from_hours(1),
            audit_kept: Duration::from_hours(1),
            quotas: OperatorQuotas { users: QuotaLimits::default(), anonymous: anonymous_quota },
        },
    };
    (auth, SignedUrls::new(&keys))
}

/// Who asks in these tests.
pub(crate) fn client() -> Client {
    Client { name: "client".to_owned(), max_runs: 9, queue_max: 9 }
}

impl World {
    /// Uploads a document: `image` is an image, `pdf N` has N pages, `pdf N bad K` cannot render page K.
    pub(crate) async fn upload(&self, content: &'static str) -> Upload {
        let body = stream::iter([Ok(Bytes::from_static(content.as_bytes()))]);
        documents::receive(&self.documents, Some("page.png"), body).await.unwrap()
    }

    pub(crate) async fn start(&self, content: &'static str, options: RunOptions) -> Result<LiveRun> {
        let ticket = self.runs.queue.enter(&[client()]).unwrap();
        let upload = self.upload(content).await;
        let kind = if content.starts_with("pdf") { RunKind::Pdf } else { RunKind::Image };
        runs::start(&self.runs, self.owner.clone(), ticket, Source::Upload(upload), Some(kind), options).await
    }

    /// Waits until every run has settled.
    pub(crate) async fn settled(&self) {
        self.runs.lifecycle.settled().await;
    }
}

/// The types of the events that are left, and the events.
pub(crate) async fn collect(run: LiveRun) -> (Vec<String>, Vec<OcrEvent>) {
    let events: Vec<OcrEvent> = run.collect().await;
    (events.iter().map(kind).collect(), events)
}

/// An event's type, and its page if it has one, as `page_delta 2`.
pub(crate) fn kind(event: &OcrEvent) -> String {
    let json = serde_json::to_value(event).unwrap();
    let kind = json["type"].as_str().unwrap().to_owned();
    json.get("page").map_or(kind.clone(), |page| format!("{kind} {page}"))
}
