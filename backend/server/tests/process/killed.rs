use inkstream_testkit::engine::{Script, ScriptedEngine};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::server::{Server, document_of};

#[tokio::test]
async fn the_row_is_settled_and_the_document_readable_after_a_kill_in_mid_run() {
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
