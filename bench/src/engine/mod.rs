//! An OpenAI-compatible engine with little overhead, on its own thread. It writes bytes that were prepared before.

mod answer;
mod request;

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::Barrier,
    time::{Instant, MissedTickBehavior, interval_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    answer::{Answer, HEAD},
    request::Request,
};
use crate::{clock::Clock, marks};

/// The speed of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// The whole answer in one write, at once.
    AtOnce,
    /// The whole answer in one write, after this delay.
    After(Duration),
    /// As fast as the client reads, with this number of events per write, as soon as this number of streams is open.
    Flood { streams: usize, events_per_write: usize },
    /// One event each interval, with the time of writing as its mark, from when so many streams are open: spread evenly
    /// over the interval, or all at the same instant, as an engine's batch makes them.
    Ticks { streams: usize, interval: Duration, spread: bool },
}

/// A running engine; dropping it stops its thread.
pub(crate) struct Engine {
    address: SocketAddr,
    begun: Arc<OnceLock<u64>>,
    stop: CancellationToken,
    thread: Option<thread::JoinHandle<()>>,
}

struct Shared {
    clock: Clock,
    pace: Pace,
    lean: Answer,
    with_usage: Answer,
    arrived: AtomicUsize,
    all_there: Barrier,
    begun: Arc<OnceLock<u64>>,
}

impl Engine {
    /// Starts an engine that answers every request with this number of deltas.
    pub(crate) fn start(clock: Clock, deltas: usize, pace: Pace) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let begun = Arc::new(OnceLock::new());
        let streams = match pace {
            Pace::AtOnce | Pace::After(_) => 1,
            Pace::Flood { streams, .. } | Pace::Ticks { streams, .. } => streams,
        };
        let shared = Arc::new(Shared {
            clock,
            pace,
            lean: Answer::new(deltas, false),
            with_usage: Answer::new(deltas, true),
            arrived: AtomicUsize::new(0),
            all_there: Barrier::new(streams),
            begun: Arc::clone(&begun),
        });
        let stop = CancellationToken::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let stopped = stop.clone();
        let thread = thread::Builder::new().name("engine".to_owned()).spawn(move || {
            runtime.block_on(stopped.run_until_cancelled(accept(listener, shared)));
        })?;
        Ok(Self { address, begun, stop, thread: Some(thread) })
    }

    /// The address on which it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL to configure.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The time at which all streams were open and the first deltas were sent.
    pub(crate) fn begun(&self) -> Result<u64> {
        self.begun.get().copied().context("the engine never had all its streams")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has been printed already.
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let connections = TaskTracker::new();
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        // A connection that fails is seen by its client, which tells what it got.
        connections.spawn(serve(stream, Arc::clone(&shared)));
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(64 << 10);
    while let Some(request) = request::read(&mut stream, &mut buffer).await? {
        match request {
            Request::Models => stream.write_all(models().as_bytes()).await?,
            Request::Completion { continuous_usage } => {
                let answer = if continuous_usage { &shared.with_usage } else { &shared.lean };
                play(&mut stream, answer, &shared).await?;
            }
        }
    }
    Ok(())
}

async fn play(stream: &mut TcpStream, answer: &Answer, shared: &Shared) -> Result<()> {
    let head = [HEAD, &answer.role].concat();
    match shared.pace {
        Pace::AtOnce | Pace::After(_) => {
            if let Pace::After(delay) = shared.pace {
                tokio::time::sleep(delay).await;
            }
            let deltas: Vec<&[u8]> = answer.deltas(1).collect();
            let whole = [&head, &deltas.concat(), &answer.tail].map(Vec::as_slice).concat();
            stream.write_all(&whole).await?;
            return Ok(());
        }
        Pace::Flood { events_per_write, .. } => {
            stream.write_all(&head).await?;
            shared.wait_for_all().await;
            for bytes in answer.deltas(events_per_write) {
                stream.write_all(bytes).await?;
            }
        }
        Pace::Ticks { streams, interval, spread } => {
            stream.write_all(&head).await?;
            let place = shared.wait_for_all().await;
            let phase = if spread { interval.mul_f64(place as f64 / streams as f64) } else { Duration::ZERO };
            let mut ticks = interval_at(Instant::now() + interval + phase, interval);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut event = Vec::new();
            for bytes in answer.deltas(1) {
                ticks.tick().await;
                event.clear();
                event.extend_from_slice(bytes);
                marks::overwrite(&mut event, shared.clock.now());
                stream.write_all(&event).await?;
            }
        }
    }
    stream.write_all(&answer.tail).await?;
    Ok(())
}

impl Shared {
    /// Waits until all streams are open, and returns this stream's index.
    async fn wait_for_all(&self) -> usize {
        let place = self.arrived.fetch_add(1, Ordering::Relaxed);
        self.all_there.wait().await;
        self.begun.get_or_init(|| self.clock.now());
        place
    }
}

fn models() -> String {
    let body = r#"{"object":"list","data":[{"id":"default","object":"model"}]}"#;
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
