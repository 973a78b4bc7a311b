use std::path::Path;

use inkstream_testkit::{
    engine::{Script, ScriptedEngine},
    fixtures::page,
};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::server::{Server, document_of};

#[tokio::test]
async fn after_a_kill_during_a_run_the_row_is_settled_and_the_document_readable() {
    let folder = tempfile::tempdir().unwrap();
    let engine = ScriptedEngine::start(Script::stream().delta("so far").stall()).await.unwrap();
    let mut server = Server::start(folder.path(), engine.base_url()).await;
    let mut answer = BufReader::new(server.upload("/api/ocr/image").await).lines();
    let mut document = String::new();
    loop {
        let line = answer.next_line().await.unwrap().unwrap();
        document = document_of(&line).unwrap_or(document);
        if line.contains("so far") {
            break;
        }
    }
    server.process.kill().await.unwrap();

    let server = Server::start(folder.path(), engine.base_url()).await;
    let usage = server.get("/api/users/me/usage").await;
    assert!(usage.contains("\"status\":\"aborted\""), "{usage}");
    assert!(!usage.contains("\"status\":\"running\""), "{usage}");
    let detail = server.get(&format!("/api/documents/{document}")).await;
    assert!(detail.starts_with("HTTP/1.1 200") && detail.contains("page.png"), "{detail}");
}

/// Number of files within a folder, at any depth.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

#[tokio::test]
async fn after_a_kill_during_a_run_an_unstored_document_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let engine = ScriptedEngine::start(Script::stream().delta("so far").stall()).await.unwrap();
    let mut server = Server::start(folder.path(), engine.base_url()).await;
    let fields = [("store", "false")];
    let answer = server.upload_form("POST /api/ocr/image HTTP/1.1", &fields, page::IMAGE).await;
    let mut answer = BufReader::new(answer).lines();
    let mut document = String::new();
    loop {
        let line = answer.next_line().await.unwrap().unwrap();
        document = document_of(&line).unwrap_or(document);
        if line.contains("so far") {
            break;
        }
    }
    let blobs = folder.path().join("blobs");
    assert_eq!(files(&blobs), 1, "it is there as long as it is read");
    server.process.kill().await.unwrap();

    let server = Server::start(folder.path(), engine.base_url()).await;
    let detail = server.get(&format!("/api/documents/{document}")).await;
    assert!(detail.starts_with("HTTP/1.1 404"), "{detail}");
    assert_eq!(files(&blobs), 0, "before anyone can ask, and not a day later");
    let usage = server.get("/api/users/me/usage").await;
    assert!(usage.contains("\"status\":\"aborted\""), "{usage}");
}
