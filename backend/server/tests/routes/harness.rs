//! A site of its own for each test (router, SQLite, files, fakes), and a fluent builder of requests.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::ConnectInfo,
};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use inkstream::{
    bootstrap::{SystemClock, exporter},
    fetch::Fetcher,
    http::{BodyPolicy, ClientLimits, Hosts, Proxies, Rates, Service, SharedToken, WholeFiles, router},
    settings::{Origins, PerMinute, RateSettings},
};
use inkstream_core::{
    accounts::{AccessTokens, Accounts, Auth, AuthPolicy, Hasher, SecretKeys, SignedUrls, Throttle, TokenAlgorithm},
    documents::{Documents, OpenDocuments},
    engines::Engines,
    lifecycle::Lifecycle,
    live_runs::LiveRuns,
    ports::{Clock, Renderer},
    prices::Prices,
    quota::{Month, OperatorQuotas},
    runs::{Queue, QueueLimits, RunLimits, Runs},
};
use inkstream_engines::size_names;
use inkstream_native::{Native, NativeConfig};
use inkstream_store::{DiskBlobs, connect};
use inkstream_wire::{ErrorCode, OcrEvent, Problem, SizeMode};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::de::DeserializeOwned;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;
use uuid::Uuid;

use crate::fakes::{FakeEngine, FakeRenderer, Script};

pub(crate) const BOUNDARY: &str = "b0undary";
pub(crate) const MAX_UPLOAD: u64 = 1 << 20;

/// The settings that a test may change.
pub(crate) struct Plan {
    pub(crate) model: &'static str,
    pub(crate) script: Script,
    pub(crate) lines: usize,
    pub(crate) queue: QueueLimits,
    /// Concurrent and queued runs of each client.
    pub(crate) per_client: (usize, usize),
    pub(crate) policy: AuthPolicy,
    pub(crate) rates: RateSettings,
    pub(crate) proxies: &'static str,
    pub(crate) prices: Prices,
    pub(crate) hosts: Hosts,
    pub(crate) base_path: &'static str,
    pub(crate) origins: Origins,
    pub(crate) metrics_token: Option<&'static str>,
    pub(crate) shared_token: Option<&'static str>,
    pub(crate) bodies: BodyPolicy,
    pub(crate) stall: Duration,
    pub(crate) fetcher: Option<Fetcher>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            model: "fake",
            script: Script::Lines,
            lines: 1000,
            queue: QueueLimits { max_runs: 8, queue_max: 8 },
            per_client: (8, 8),
            policy: AuthPolicy {
                required: false,
                anonymous_allowed: false,
                registration: true,
                registrations_per_hour: 3,
                session_lifetime: Duration::from_hours(24),
                audit_kept: Duration::from_hours(24),
                quotas: OperatorQuotas::default(),
            },
            rates: RateSettings {
                rate_limit_address: PerMinute(None),
                rate_limit_anonymous: PerMinute(None),
                rate_limit_user: PerMinute(None),
                rate_limit_key: PerMinute(None),
            },
            proxies: "",
            prices: Prices::default(),
            hosts: Hosts::any(),
            base_path: "",
            origins: Origins::List(Vec::new()),
            metrics_token: None,
            shared_token: None,
            bodies: BodyPolicy {
                max_upload: MAX_UPLOAD,
                idle: Duration::from_secs(10),
                grace: Duration::from_secs(20),
                min_rate: 1024,
            },
            stall: Duration::from_secs(30),
            fetcher: None,
        }
    }
}

pub(crate) struct Site {
    pub(crate) service: Arc<Service>,
    pub(crate) engine: Arc<FakeEngine>,
    pub(crate) router: Router,
    pub(crate) clock: Arc<TurnedClock>,
    folder: tempfile::TempDir,
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::with(Plan::default()).await
    }

    /// A site with PDFium and Tesseract in child processes of the real binary.
    pub(crate) async fn real() -> Self {
        let native = Native::start(NativeConfig {
            worker_program: Some(env!("CARGO_BIN_EXE_inkstream").into()),
            max_pages: 100,
            ..NativeConfig::default()
        })
        .unwrap();
        let mut engines = native.engines();
        let engines = Engines::new(engines.next().unwrap(), engines, 64);
        Self::build(Plan::default(), native.renderer(), |_| engines).await
    }

    pub(crate) async fn with(plan: Plan) -> Self {
        Self::build(plan, Arc::new(FakeRenderer), |engine| Engines::new(engine, [], 64)).await
    }

    /// A site whose pages these engines read.
    pub(crate) async fn over(engines: Engines) -> Self {
        Self::build(Plan::default(), Arc::new(FakeRenderer), |_| engines).await
    }

    async fn build(plan: Plan, renderer: Arc<dyn Renderer>, engines: impl FnOnce(Arc<FakeEngine>) -> Engines) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let turned = Arc::new(TurnedClock::default());
        let clock: Arc<dyn Clock> = turned.clone();
        let database = connect("sqlite://test.db", folder.path()).await.unwrap();
        database.migrate_up().await.unwrap();
        let engine = Arc::new(FakeEngine::new(plan.model, plan.script, plan.lines));
        let (auth, urls) = auth(plan.policy, plan.base_path);
        let quotas = auth.policy.quotas;
        let store = Arc::new(database);
        let blobs = Arc::new(DiskBlobs::open(&folder.path().join("blobs"), Arc::clone(&clock)).unwrap());
        let (live_runs, lifecycle) = (LiveRuns::default(), Lifecycle::default());
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
            renderer,
            open: OpenDocuments::default(),
            urls,
            live_runs: live_runs.clone(),
            clock: Arc::clone(&clock),
            lifecycle: lifecycle.clone(),
            max_upload_bytes: MAX_UPLOAD,
            ttl: Duration::from_hours(24),
        });
        let runs = Arc::new(Runs {
            documents: Arc::clone(&documents),
            store,
            engines: engines(Arc::clone(&engine)),
            prices: Arc::new(plan.prices),
            quotas,
            queue: Queue::new(plan.queue),
            live_runs,
            clock: Arc::clone(&clock),
            lifecycle,
            boot: Uuid::new_v4(),
            limits: RunLimits {
                usage_kept: None,
                page_deadline: Duration::from_mins(10),
                stream_stall: plan.stall,
                stream_min_rate: 256,
                heartbeat: Duration::from_secs(15),
                lease: Duration::from_mins(1),
                sizes: size_names().into_iter().map(SizeMode::new).collect(),
                languages: vec!["eng".into()],
                prompt: None,
            },
        });
        let id = accounts.store.ensure_anonymous(&"anonymous".parse().unwrap(), clock.now()).await.unwrap();
        let anonymous = accounts.store.account(id, Month::at(clock.now())).await.unwrap().user;
        let required = accounts.auth.policy.required;
        let (per_client, queue_max_per_client) = plan.per_client;
        let service = Arc::new(Service {
            documents,
            runs,
            accounts,
            anonymous,
            shared_token: plan.shared_token.map(|token| SharedToken::new(token.into())),
            rates: Rates::new(&plan.rates, required),
            clients: ClientLimits {
                auth: required,
                per_client,
                per_address: per_client,
                anonymous: 1,
                queue_max_per_client,
            },
            proxies: Proxies::new(plan.proxies.parse().unwrap()),
            hosts: plan.hosts,
            base_path: plan.base_path.parse().unwrap(),
            origins: plan.origins,
            bodies: plan.bodies,
            fetcher: plan.fetcher,
            whole_files: WholeFiles::default(),
            exporter: exporter(recorded(), plan.metrics_token),
            draining: CancellationToken::new(),
            drain_tasks: TaskTracker::new(),
        });
        Self { router: router(Arc::clone(&service)), service, engine, clock: turned, folder }
    }

    /// A site where everyone must sign in.
    pub(crate) async fn with_accounts() -> Self {
        Self::with(Plan { policy: AuthPolicy { required: true, ..Plan::default().policy }, ..Plan::default() }).await
    }

    pub(crate) fn get(&self, path: &str) -> Ask {
        self.ask(Method::GET, path)
    }

    pub(crate) fn patch(&self, path: &str) -> Ask {
        self.ask(Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Ask {
        self.ask(Method::DELETE, path)
    }

    pub(crate) fn post(&self, path: &str) -> Ask {
        self.ask(Method::POST, path)
    }

    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask {
        let builder = Request::builder().method(method).uri(path);
        Ask { router: self.router.clone(), builder, body: Body::empty() }
    }

    /// Blobs on the disk, finished or not.
    pub(crate) fn blobs(&self) -> Vec<PathBuf> {
        fn walk(folder: PathBuf, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() { walk(path, found) } else { found.push(path) }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path().join("blobs"), &mut found);
        found
    }

    /// Waits until every run has settled.
    pub(crate) async fn settled(&self) {
        self.service.runs.lifecycle.settled().await;
    }
}

/// The system's clock, set forward.
#[derive(Default)]
pub(crate) struct TurnedClock(AtomicI64);

impl TurnedClock {
    pub(crate) fn forward(&self, by: Duration) {
        self.0.fetch_add(by.as_secs() as i64, SeqCst);
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + SignedDuration::from_secs(self.0.load(SeqCst))
    }
}

/// The secret key of every site.
pub(crate) const SECRET_KEY: &str = "a secret key of more than thirty-two bytes, for tests";

fn auth(policy: AuthPolicy, base_path: &str) -> (Auth, SignedUrls) {
    let keys = SecretKeys::new(SECRET_KEY.into(), Vec::new()).unwrap();
    let auth = Auth {
        hasher: Hasher::new(2).unwrap(),
        tokens: AccessTokens::new(TokenAlgorithm::Hs256, &keys, Duration::from_hours(1)),
        throttle: Throttle::default(),
        policy,
    };
    (auth, SignedUrls::new(&keys).beneath(base_path))
}

/// The recorder is global to the process, so that every test's site shows the same metrics.
fn recorded() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let handle = PrometheusBuilder::new().install_recorder().unwrap();
            inkstream_core::metrics::describe("test");
            handle
        })
        .clone()
}

/// A request that is being built.
pub(crate) struct Ask {
    router: Router,
    builder: http::request::Builder,
    body: Body,
}

impl Ask {
    pub(crate) fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.builder = self.builder.header(name.as_ref(), value.as_ref());
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sets the peer's address.
    pub(crate) fn from(mut self, address: &str) -> Self {
        let peer = ConnectInfo(SocketAddr::new(address.parse().unwrap(), 1));
        self.builder = self.builder.extension(peer);
        self
    }

    /// A form without files.
    pub(crate) fn fields(self, fields: &[(&str, &str)]) -> Self {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.header("content-type", "application/x-www-form-urlencoded").body(form)
    }

    pub(crate) fn session(self, session: Uuid) -> Self {
        self.header("cookie", format!("other=1; inkstream_session={session}"))
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn json(self, value: &serde_json::Value) -> Self {
        self.header("content-type", "application/json").body(value.to_string())
    }

    /// A form with these parts, as [`file`] and [`field`] make them.
    pub(crate) fn form(self, parts: &[Vec<u8>]) -> Self {
        self.form_body(form(parts))
    }

    pub(crate) fn form_body(self, body: impl Into<Body>) -> Self {
        self.header("content-type", format!("multipart/form-data; boundary={BOUNDARY}")).body(body)
    }

    pub(crate) async fn send(self) -> Answer {
        let response = self.stream().await;
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.expect("the answer's body breaks off").to_bytes();
        Answer { status: head.status, headers: head.headers, bytes }
    }

    /// Sends the request, and returns the response with its streaming body.
    pub(crate) async fn stream(self) -> http::Response<Body> {
        self.router.oneshot(self.builder.body(self.body).unwrap()).await.unwrap()
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn events(&self) -> Vec<OcrEvent> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Asserts that this is a complete problem of `code` with the code's status.
    #[track_caller]
    pub(crate) fn is_problem(&self, code: ErrorCode) -> Problem {
        assert_eq!(self.status.as_u16(), code.status(), "{}", self.text());
        assert_eq!(self.header(header::CONTENT_TYPE.as_str()), "application/problem+json");
        let problem: Problem = self.json();
        assert_eq!(problem.code, code, "{problem:?}");
        assert_eq!(problem.status, code.status());
        assert_eq!(problem.request_id, self.header("x-request-id"));
        assert!(!problem.detail.is_empty());
        problem
    }
}

/// A part with a file.
pub(crate) fn file(name: &str, bytes: &[u8]) -> Vec<u8> {
    part(&format!("name=\"file\"; filename=\"{name}\"\r\ncontent-type: application/octet-stream"), bytes)
}

/// A part with a text.
pub(crate) fn field(name: &str, text: &str) -> Vec<u8> {
    part(&format!("name=\"{name}\""), text.as_bytes())
}

/// A part with this text after `form-data; `.
pub(crate) fn part(disposition: &str, bytes: &[u8]) -> Vec<u8> {
    let mut part = format!("content-disposition: form-data; {disposition}\r\n\r\n").into_bytes();
    part.extend_from_slice(bytes);
    part
}

/// The body of a form.
pub(crate) fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
        body.extend_from_slice(part);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}
