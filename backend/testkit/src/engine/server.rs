use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Response, StatusCode},
    routing::{get, post},
};
use bytes::Bytes;
use futures::Stream;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::script::{Script, Step};

/// A received request.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body; null if it is not JSON.
    pub body: Value,
}

impl Recorded {
    /// The texts of its messages, one on each line, system prompts first.
    pub fn prompt(&self) -> String {
        let contents = self.body["messages"].as_array().into_iter().flatten().map(|message| &message["content"]);
        let texts = contents.flat_map(|content| match content {
            Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
            whole => Vec::from_iter(whole.as_str()),
        });
        texts.collect::<Vec<_>>().join("\n")
    }
}

/// A running engine. Dropping it cuts its connections and closes its port.
#[derive(Debug)]
pub struct ScriptedEngine {
    base_url: String,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

struct Shared {
    script: Box<dyn Fn(&Recorded) -> Script + Send + Sync>,
    models: Mutex<Script>,
    connections: AtomicUsize,
    requests: Mutex<Vec<Recorded>>,
    arrived: watch::Sender<usize>,
    hung_up: watch::Sender<usize>,
    released: watch::Sender<bool>,
    stop: CancellationToken,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl ScriptedEngine {
    /// Starts an engine that answers every request with the same script.
    pub async fn start(script: Script) -> io::Result<Self> {
        Self::start_with(move |_| script.clone()).await
    }

    /// Starts an engine whose script depends on the request.
    pub async fn start_with(script: impl Fn(&Recorded) -> Script + Send + Sync + 'static) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            script: Box::new(script),
            models: Mutex::new(list(&["scripted"])),
            connections: AtomicUsize::default(),
            requests: Mutex::default(),
            arrived: watch::Sender::default(),
            hung_up: watch::Sender::default(),
            released: watch::Sender::default(),
            stop: stop.clone(),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let base_url = format!("http://{}/v1", listener.local_addr()?);
        let app = Router::new()
            .route("/v1/chat/completions", post(answer))
            .route("/v1/models", get(models))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shared));
        let listener = Listener { inner: listener, shared: Arc::clone(&shared) };
        let stopped = stop.clone().cancelled_owned();
        TaskTracker::new().spawn(async move {
            // An accept error makes the test's requests fail, so the result is not needed.
            axum::serve(listener, app).with_graceful_shutdown(stopped).await
        });
        Ok(Self { base_url, shared, stop })
    }

    /// Starts an engine that answers each request with the next script, and later requests with the last one. There must be one.
    pub async fn start_in_turn(scripts: impl IntoIterator<Item = Script>) -> io::Result<Self> {
        let scripts: Vec<Script> = scripts.into_iter().collect();
        let next = AtomicUsize::new(0);
        Self::start_with(move |_| {
            let next = next.fetch_add(1, Ordering::Relaxed);
            scripts.get(next).or(scripts.last()).cloned().unwrap_or_else(Script::stream)
        })
        .await
    }

    /// Lists these models from now on.
    pub fn serve(&self, models: &[&str]) {
        self.answer_models(list(models));
    }

    /// Sets the answer of `/models`, such as an error or a stall.
    pub fn answer_models(&self, answer: Script) {
        *lock(&self.shared.models) = answer;
    }

    /// Cuts every connection, and refuses new ones from now on.
    pub fn die(&self) {
        self.stop.cancel();
    }

    /// An https URL of the port, which does not support TLS.
    pub fn tls_url(&self) -> String {
        self.base_url.replace("http:", "https:")
    }

    /// The base URL to configure, `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The number of connections so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// The completion requests so far, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared.requests).clone()
    }

    /// Waits for `count` completion requests.
    pub async fn requested(&self, count: usize) {
        reach(&self.shared.arrived, count).await;
    }

    /// Waits until clients have closed `count` answers before their end.
    pub async fn hung_up(&self, count: usize) {
        reach(&self.shared.hung_up, count).await;
    }

    /// The number of answers that clients have closed before their end.
    pub fn hang_ups(&self) -> usize {
        *self.shared.hung_up.borrow()
    }

    /// Continues all stalled answers, and disables later stalls.
    pub fn release(&self) {
        self.shared.released.send_replace(true);
    }
}

impl Drop for ScriptedEngine {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A listener whose sockets send frames at once, as a real engine does.
struct Listener {
    inner: TcpListener,
    shared: Arc<Shared>,
}

impl axum::serve::Listener for Listener {
    type Io = tokio::net::TcpStream;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = axum::serve::Listener::accept(&mut self.inner).await;
        self.shared.connections.fetch_add(1, Ordering::Relaxed);
        // Without the option the socket only is slower.
        let _ = stream.set_nodelay(true);
        (stream, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

/// A list of models in vLLM's format.
fn list(models: &[&str]) -> Script {
    let model = |id: &&str| {
        serde_json::json!({"id": id, "object": "model", "created": 1_730_000_000, "owned_by": "vllm", "root": id,
            "parent": null, "max_model_len": 16384})
    };
    let data: Vec<Value> = models.iter().map(model).collect();
    Script::other(200, "application/json", serde_json::json!({"object": "list", "data": data}).to_string())
}

async fn models(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let script = lock(&shared.models).clone();
    respond(shared, script).await
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let recorded = Recorded { headers, body: serde_json::from_slice(&body).unwrap_or_default() };
    let script = (shared.script)(&recorded);
    lock(&shared.requests).push(recorded);
    shared.arrived.send_modify(|count| *count += 1);
    respond(shared, script).await
}

async fn respond(shared: Arc<Shared>, script: Script) -> Response<Body> {
    let unfinished = HangUp { shared: Arc::clone(&shared), armed: true };
    if script.hold_head {
        released(&shared).await;
    }
    let mut response = Response::builder().status(script.status);
    for (name, value) in &script.headers {
        response = response.header(*name, value);
    }
    response.body(Body::from_stream(play(shared, script, unfinished))).unwrap_or_else(|_| {
        let mut broken = Response::new(Body::from("the script has an impossible status or header"));
        *broken.status_mut() = StatusCode::NOT_IMPLEMENTED;
        broken
    })
}

/// The script's bytes as a stream. Dropping it before its end counts as a hang-up.
fn play(
    shared: Arc<Shared>,
    script: Script,
    unfinished: HangUp,
) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static {
    let ticks = script.interval.map(paced);
    let start = (shared, script.steps, 0, ticks, unfinished);
    futures::stream::unfold(start, |(shared, steps, mut next, mut ticks, mut unfinished)| async move {
        while steps.get(next).is_some_and(|step| matches!(step, Step::Stall)) && released(&shared).await {
            next += 1;
        }
        if let Some(ticks) = &mut ticks {
            ticks.tick().await;
        }
        if let Some(Step::Cut | Step::Die) = steps.get(next) {
            // Let hyper write its buffer before the connection is cut.
            tokio::task::yield_now().await;
        }
        if let Some(Step::Die) = steps.get(next) {
            shared.stop.cancel();
        }
        let frame = match steps.get(next) {
            None => {
                unfinished.disarm();
                return None;
            }
            Some(Step::Send(bytes)) if !shared.stop.is_cancelled() => Ok(bytes.clone()),
            Some(Step::Make(make)) if !shared.stop.is_cancelled() => Ok(make()),
            Some(_) => {
                unfinished.disarm();
                Err(io::ErrorKind::ConnectionAborted.into())
            }
        };
        Some((frame, (shared, steps, next + 1, ticks, unfinished)))
    })
}

fn paced(interval: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + interval, interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    ticks
}

/// Counts an answer that its client closed early.
struct HangUp {
    shared: Arc<Shared>,
    armed: bool,
}

impl HangUp {
    fn disarm(&mut self) {
        self.armed = false;
    }
}

impl Drop for HangUp {
    fn drop(&mut self) {
        if self.armed {
            self.shared.hung_up.send_modify(|count| *count += 1);
        }
    }
}

/// Waits for the release. Returns false if the engine stops.
async fn released(shared: &Shared) -> bool {
    let mut released = shared.released.subscribe();
    tokio::select! {
        result = released.wait_for(|released| *released) => result.is_ok(),
        () = shared.stop.cancelled() => false,
    }
}

async fn reach(counter: &watch::Sender<usize>, count: usize) {
    // The caller keeps the sender alive, so this cannot fail.
    let _ = counter.subscribe().wait_for(|reached| *reached >= count).await;
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
