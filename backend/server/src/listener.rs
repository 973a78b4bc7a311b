//! The accept loop: HTTP/1.1 and HTTP/2 on one port, with bounds on connections, heads and stalled readers.

use std::{
    io,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// Largest head of a request, in bytes; also what is read at once of a body.
const MAX_HEAD: usize = 64 << 10;
/// Requests of one HTTP/2 connection at once.
const MAX_STREAMS: u32 = 64;
/// Pause after the system could not give a connection (no file descriptors): it would fail again at once.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Bounds of the listener.
#[derive(Debug, Clone, Copy)]
pub struct ListenerLimits {
    /// Connections at once.
    pub connections: usize,
    /// How long a request's head may take, on a new connection or on one that is kept.
    pub head: Duration,
    /// How long a reader may take nothing of what is written to it.
    pub stall: Duration,
    /// How long open requests may go on after `stop`.
    pub grace: Duration,
}

/// Serves until `stop` is cancelled. Then nothing new is accepted, idle connections are closed, open requests have their
/// grace; `cut` is called before what is left is dropped.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ListenerLimits,
    stop: CancellationToken,
    cut: impl FnOnce(),
) {
    let connections = TaskTracker::new();
    let abandoned = CancellationToken::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let (router, stop, abandoned) = (router.clone(), stop.clone(), abandoned.clone());
        connections.spawn(async move {
            tokio::select! {
                () = connection(stream, peer, router, limits, stop) => {}
                () = abandoned.cancelled() => {}
            }
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    if timeout(limits.grace, connections.wait()).await.is_err() {
        cut();
        // Runs that were cancelled have a last word for their readers.
        let _ = timeout(Duration::from_secs(1), connections.wait()).await;
        abandoned.cancel();
        connections.wait().await;
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            // A client that has gone again is no fault; anything else is the machine's.
            if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
                tracing::error!(%error, "no connection can be accepted");
                sleep(AFTER_FAILURE).await;
            }
            None
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: ListenerLimits,
    stop: CancellationToken,
) {
    // Deltas are small, and each has to leave at once.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.stall));

    let asked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&asked);
    let service = service_fn(move |request: Request<Incoming>| {
        seen.store(true, Relaxed);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });

    let builder = builder(limits.head);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(Box::pin(stream)), service));
    // Until the first request hyper does not know which HTTP it will be, and its own clock does not run.
    let mut first = pin!(sleep(limits.head));
    let mut checked = false;
    let mut stopping = false;
    loop {
        tokio::select! {
            // How a connection ended is the client's affair: it left, or it was told in the answer.
            _ = serving.as_mut() => return,
            () = first.as_mut(), if !checked => {
                checked = true;
                if !asked.load(Relaxed) {
                    return;
                }
            }
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
}

fn builder(head: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(MAX_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEAD as u32)
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}
