//! A server that is killed in mid-run, and the one that is started after it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::Path, process::Stdio};

use inkstream_testkit::engine::{Script, ScriptedEngine};
use inkstream_testkit::fixtures::page;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

/// A server on a port of its own choice, once it listens.
async fn serve(folder: &Path, engine: &str) -> (Child, String) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_inkstream"))
        .arg("serve")
        .current_dir(folder)
        .env("PORT", "0")
        .env("DATA_DIR", folder)
        .env("LLM_BASE_URL", engine)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    loop {
        let line = log.next_line().await.unwrap().unwrap();
        if let Some((_, address)) = line.split_once("listening on http://") {
            let address = address.split_whitespace().next().unwrap().to_owned();
            return (server, address);
        }
    }
}

async fn request(address: &str, head: &str, body: &[u8]) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!("{head}\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(body).await.unwrap();
    connection
}

async fn get(address: &str, path: &str) -> String {
    let mut answer = String::new();
    request(address, &format!("GET {path} HTTP/1.1"), b"").await.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_row_is_settled_and_the_document_readable_after_a_kill_in_mid_run() {
    let folder = tempfile::tempdir().unwrap();
    let engine = ScriptedEngine::start(Script::stream().delta("so far").stall()).await.unwrap();
    let (mut server, address) = serve(folder.path(), engine.base_url()).await;

    let mut form = b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"page.png\"\r\n\r\n".to_vec();
    form.extend_from_slice(page::PICTURE);
    form.extend_from_slice(b"\r\n--b--\r\n");
    let head = "POST /api/ocr/image HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=b";
    let mut answer = BufReader::new(request(&address, head, &form).await).lines();
    let mut document = String::new();
    loop {
        let line = answer.next_line().await.unwrap().unwrap();
        if let Some((_, id)) = line.split_once("\"document_id\":\"") {
            id[..36].clone_into(&mut document);
        }
        if line.contains("so far") {
            break;
        }
    }
    server.kill().await.unwrap();

    let (_server, address) = serve(folder.path(), engine.base_url()).await;
    let usage = get(&address, "/api/users/me/usage").await;
    assert!(usage.contains("\"status\":\"aborted\""), "{usage}");
    assert!(!usage.contains("\"status\":\"running\""), "{usage}");
    let detail = get(&address, &format!("/api/documents/{document}")).await;
    assert!(detail.starts_with("HTTP/1.1 200") && detail.contains("page.png"), "{detail}");
}
