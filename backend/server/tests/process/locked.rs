use inkstream_testkit::engine::{Script, ScriptedEngine};
use sqlx::{Connection as _, SqliteConnection};
use tokio::io::AsyncReadExt as _;

use crate::server::Server;

#[tokio::test]
async fn a_locked_database_is_503_with_retry_after_until_it_is_free_again() {
    let folder = tempfile::tempdir().unwrap();
    let engine = ScriptedEngine::start(Script::stream().delta("text").finish("stop")).await.unwrap();
    let server = Server::start(folder.path(), engine.base_url()).await;
    let file = format!("sqlite://{}/inkstream.db", folder.path().display());
    let mut other = SqliteConnection::connect(&file).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();

    let mut refused = String::new();
    server.upload("/api/documents").await.read_to_string(&mut refused).await.unwrap();
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after"), "{refused}");
    let read = server.get("/api/users/me/usage").await;
    assert!(read.starts_with("HTTP/1.1 200"), "reading goes on: {read}");

    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    let mut stored = String::new();
    server.upload("/api/documents").await.read_to_string(&mut stored).await.unwrap();
    assert!(stored.starts_with("HTTP/1.1 201"), "{stored}");
}
