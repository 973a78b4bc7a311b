use std::path::Path;

use inkstream_testkit::engine::{Script, ScriptedEngine};
use tokio::{io::AsyncReadExt as _, process::Command};

use crate::server::{Server, document_of};

/// A command that runs the server with `folder` as a disk of its own of this size. A user namespace allows mounting it.
fn on_a_small_disk(folder: &Path, size: &str) -> Command {
    let script = r#"mount -t tmpfs -o size="$1" tmpfs "$2" && cd "$2" && shift 2 && exec "$@""#;
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh", size]).arg(folder);
    command.arg(env!("CARGO_BIN_EXE_inkstream"));
    command
}

/// Bytes of an image: as large as a scan, and much larger than a row.
const IMAGE_BYTES: usize = 200_000;

async fn store(server: &Server) -> String {
    let mut answer = String::new();
    server.upload_with("/api/documents", IMAGE_BYTES).await.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_full_disk_is_507_leaves_nothing_half_written_and_is_freed_by_deleting() {
    let folder = tempfile::tempdir().unwrap();
    let engine = ScriptedEngine::start(Script::stream().delta("text").finish("stop")).await.unwrap();
    let server = Server::launch(on_a_small_disk(folder.path(), "6m"), folder.path(), engine.base_url()).await;
    let mut stored = Vec::new();
    let refused = loop {
        let answer = store(&server).await;
        match document_of(&answer) {
            Some(id) => stored.push(id),
            None => break answer,
        }
        assert!(stored.len() < 2_000, "the disk is never full");
    };
    assert!(refused.starts_with("HTTP/1.1 507") && refused.contains("storage_full"), "{refused}");
    let listed = server.get(&format!("/api/documents/{}", stored[0])).await;
    assert!(listed.starts_with("HTTP/1.1 200"), "what was stored is readable: {listed}");
    let ready = server.get("/readyz").await;
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");

    for id in &stored {
        let gone = server.ask(&format!("DELETE /api/documents/{id} HTTP/1.1"), b"").await;
        assert!(gone.starts_with("HTTP/1.1 204"), "{gone}");
    }
    let again = store(&server).await;
    assert!(again.starts_with("HTTP/1.1 201"), "{again}");
}
