//! The accept loop: HTTP/1.1 and HTTP/2 on one port, with limits on connections, request heads and stalled readers.

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

/// Largest head of a request, in bytes. It is also the size of the read buffer for bodies.
const MAX_HEAD: usize = 64 << 10;
/// Concurrent requests per HTTP/2 connection.
const MAX_STREAMS: u32 = 64;
/// Pause after `accept` failed, for example for lack of file descriptors: it would fail again at once.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Limits of the listener.
#[derive(Debug, Clone, Copy)]
pub struct ListenerLimits {
    /// Concurrent connections.
    pub connections: usize,
    /// How long a request's head may take, on a new connection or on one that is kept alive.
    pub head: Duration,
    /// How long a client may read nothing of what is written to it.
    pub stall: Duration,
    /// How long open requests may continue after `stop`.
    pub grace: Duration,
}

/// Serves until `stop` is cancelled. Then it accepts no more connections, closes idle ones, and gives open requests the grace
/// period. If any are left then, it calls `cancel_requests` and drops them.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ListenerLimits,
    stop: CancellationToken,
    cancel_requests: impl FnOnce(),
) {
    let connections = TaskTracker::new();
    let dropped = CancellationToken::new();
    let permits = Arc::new(Semaphore::new(limits.connections));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &permits) => accepted,
        };
        let Some((stream, peer, permit)) = accepted else { continue };
        let (router, stop, dropped) = (router.clone(), stop.clone(), dropped.clone());
        connections.spawn(async move {
            tokio::select! {
                () = connection(stream, peer, router, limits, stop) => {}
                () = dropped.cancelled() => {}
            }
            drop(permit);
        });
    }
    drop(listener);
    connections.close();
    if timeout(limits.grace, connections.wait()).await.is_err() {
        cancel_requests();
        // Give cancelled runs the time to send their last event.
        let _ = timeout(Duration::from_secs(1), connections.wait()).await;
        dropped.cancel();
        connections.wait().await;
    }
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, permit)),
        Err(error) => {
            // A client that disconnected before it was accepted is not an error.
            if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
                tracing::error!(%error, "no connection can be accepted");
                sleep(ACCEPT_RETRY_DELAY).await;
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
    // Deltas are small and must be sent at once, so turn Nagle's algorithm off.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.stall));

    let has_request = Arc::new(AtomicBool::new(false));
    let request_seen = Arc::clone(&has_request);
    let service = service_fn(move |request: Request<Incoming>| {
        request_seen.store(true, Relaxed);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });

    let builder = builder(limits.head);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(Box::pin(stream)), service));
    // hyper's own timeout starts only after it has detected the HTTP version, so bound the time until the first request here.
    let mut first_request_timeout = pin!(sleep(limits.head));
    let mut checked = false;
    let mut stopping = false;
    loop {
        tokio::select! {
            // Ignore how the connection ended: the client left, or the response has told it what is wrong.
            _ = serving.as_mut() => return,
            () = first_request_timeout.as_mut(), if !checked => {
                checked = true;
                if !has_request.load(Relaxed) {
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
