//! On a real socket: streaming, disconnects, stalled readers, refused uploads, shutdown.

use std::{net::SocketAddr, sync::atomic::Ordering::SeqCst, time::Duration};

use inkstream::listener::{ListenerLimits, serve};
use inkstream_core::runs::QueueLimits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    fakes::{IMAGE, Script},
    harness::{BOUNDARY, MAX_UPLOAD, Plan, Site, file, form},
};

const PATIENCE: Duration = Duration::from_secs(20);

struct Running {
    site: Site,
    address: SocketAddr,
    stop: CancellationToken,
    server: AbortOnDropHandle<()>,
}

async fn running(plan: Plan, head: Duration) -> Running {
    let stall = plan.stall;
    let site = Site::with(plan).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = site.service.draining.clone();
    let limits = ListenerLimits { connections: 16, head, stall, grace: Duration::from_millis(200) };
    let lifecycle = site.service.runs.lifecycle.clone();
    let server = tokio_util::task::TaskTracker::new().spawn(serve(
        listener,
        site.router.clone(),
        limits,
        stop.clone(),
        move || lifecycle.stopping.cancel(),
    ));
    Running { site, address, stop, server: AbortOnDropHandle::new(server) }
}

impl Running {
    async fn upload(&self, body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "POST /api/ocr/image HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary={BOUNDARY}\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        stream
    }
}

/// Reads until `word` has arrived.
async fn read_until(stream: &mut TcpStream, word: &str) -> String {
    let mut seen = Vec::new();
    timeout(PATIENCE, async {
        while !String::from_utf8_lossy(&seen).contains(word) {
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).await.unwrap();
            assert!(read > 0, "closed before {word}: {}", String::from_utf8_lossy(&seen));
            seen.extend_from_slice(&buffer[..read]);
        }
    })
    .await
    .unwrap_or_else(|_| panic!("{word} does not come: {}", String::from_utf8_lossy(&seen)));
    String::from_utf8(seen).unwrap()
}

#[tokio::test]
async fn each_line_arrives_before_the_next_is_written() {
    let running = running(Plan { lines: 0, ..Plan::default() }, PATIENCE).await;
    let mut stream = running.upload(&form(&[file("a.png", IMAGE)])).await;
    let head = read_until(&mut stream, "\"start\"").await;
    assert!(!head.contains("first line") && !head.to_ascii_lowercase().contains("content-encoding"));
    running.site.engine.lines.add_permits(1);
    assert!(!read_until(&mut stream, "first line").await.contains("second line"));
    running.site.engine.lines.add_permits(1);
    read_until(&mut stream, "\"end\"").await;
}

#[tokio::test]
async fn a_disconnect_cancels_the_engine_at_once_and_is_on_the_ledger() {
    let running = running(Plan { lines: 1, ..Plan::default() }, PATIENCE).await;
    let mut stream = running.upload(&form(&[file("a.png", IMAGE)])).await;
    read_until(&mut stream, "first line").await;
    drop(stream);
    timeout(PATIENCE, running.site.engine.drops.acquire()).await.expect("the engine goes on").unwrap().forget();
    running.site.settled().await;
    let rows: serde_json::Value = running.site.get("/api/users/me/usage").send().await.json();
    assert_eq!((rows[0]["status"].as_str(), rows[0]["completion_chars"].as_u64()), (Some("aborted"), Some(11)));
}

#[tokio::test]
async fn a_stalled_reader_is_disconnected() {
    let stall = Duration::from_millis(300);
    let running = running(Plan { script: Script::Endless, stall, ..Plan::default() }, PATIENCE).await;
    let _stream = running.upload(&form(&[file("a.png", IMAGE)])).await;
    timeout(PATIENCE, running.site.engine.drops.acquire()).await.expect("the engine goes on").unwrap().forget();
    assert_eq!(running.site.engine.dropped.load(SeqCst), 1);
}

#[tokio::test]
async fn a_client_that_writes_before_it_reads_receives_the_refusal_of_its_upload() {
    let running = running(Plan::default(), PATIENCE).await;
    let large = form(&[file("a.png", &vec![b'x'; 8 * MAX_UPLOAD as usize])]);
    let mut stream = timeout(PATIENCE, running.upload(&large)).await.expect("the upload is not taken off the wire");
    let answer = read_until(&mut stream, "\"too_large\"").await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn a_full_queue_is_reported_during_the_upload() {
    let queue = QueueLimits { max_runs: 1, queue_max: 0 };
    let running = running(Plan { lines: 0, queue, per_client: (1, 0), ..Plan::default() }, PATIENCE).await;
    let mut first = running.upload(&form(&[file("a.png", IMAGE)])).await;
    read_until(&mut first, "\"start\"").await;
    let mut second = running.upload(&form(&[file("a.png", &vec![b'x'; MAX_UPLOAD as usize / 2])])).await;
    let answer = read_until(&mut second, "request_id").await;
    assert!(answer.starts_with("HTTP/1.1 429") || answer.starts_with("HTTP/1.1 503"), "{answer}");
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed() {
    let running = running(Plan::default(), Duration::from_millis(200)).await;
    for start in ["", "P", "GET / HTTP/1.1\r\nhost:"] {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the connection is kept");
    }
}

#[tokio::test]
async fn a_server_that_shuts_down_ends_its_streams_and_settles_their_runs() {
    let running = running(Plan { lines: 1, ..Plan::default() }, PATIENCE).await;
    let mut stream = running.upload(&form(&[file("a.png", IMAGE)])).await;
    read_until(&mut stream, "first line").await;
    running.stop.cancel();
    timeout(PATIENCE, running.server).await.expect("the server does not go down").unwrap();
    running.site.settled().await;
    let rows: serde_json::Value = running.site.get("/api/users/me/usage").send().await.json();
    assert_eq!(rows[0]["status"], "aborted");
    assert!(TcpStream::connect(running.address).await.is_err());
}
