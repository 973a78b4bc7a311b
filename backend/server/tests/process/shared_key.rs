//! Servers that share a database, and the key that they sign with.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use inkstream_testkit::postgres;
use tokio::process::Command;

use crate::server::Server;

const FORM: &str = "content-type: application/x-www-form-urlencoded";

async fn launch(database: &str, folder: &Path, settings: &[(&str, &str)]) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inkstream"));
    command.env("DATABASE_URL", database).env("AUTH_ENABLED", "true").envs(settings.iter().copied());
    Server::launch(command, folder, "").await
}

/// An access token of this server.
async fn token(server: &Server, name: &str) -> String {
    let json = "POST /api/auth/register HTTP/1.0\r\ncontent-type: application/json";
    let account = format!("{{\"username\": \"{name}\", \"password\": \"correct horse\"}}");
    server.ask(json, account.as_bytes()).await;
    let form = format!("username={name}&password=correct+horse");
    let answer = server.ask(&format!("POST /api/auth/token HTTP/1.0\r\n{FORM}"), form.as_bytes()).await;
    answer.split("\"access_token\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn is_good(server: &Server, token: &str) -> bool {
    let answer = server.ask(&format!("GET /api/users/me HTTP/1.0\r\nauthorization: Bearer {token}"), b"").await;
    answer.starts_with("HTTP/1.0 200")
}

#[tokio::test]
async fn a_token_is_valid_at_every_server_of_the_same_database() {
    let database = postgres::database().await.unwrap();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    // Both at once, and the database is empty.
    let (one, other) =
        tokio::join!(launch(&database, folders[0].path(), &[]), launch(&database, folders[1].path(), &[]));
    let token = token(&one, "ada").await;
    assert!(is_good(&one, &token).await && is_good(&other, &token).await);
    drop((one, other));
    let again = launch(&database, folders[1].path(), &[]).await;
    assert!(is_good(&again, &token).await, "the key outlives the servers");
    assert!(folders.iter().all(|folder| !folder.path().join("secret_key").exists()));
}

#[tokio::test]
async fn a_servers_own_key_is_brought_along_and_one_that_is_set_counts() {
    let database = postgres::database().await.unwrap();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let key = "a key of more than thirty-two bytes, from before";
    let file = folders[0].path().join("secret_key");
    fs::write(&file, format!("{key}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let one = launch(&database, folders[0].path(), &[]).await;
    let token = token(&one, "ada").await;
    let found = launch(&database, folders[1].path(), &[]).await;
    assert!(is_good(&found, &token).await, "the file's key is in the database now");
    let set = launch(&database, folders[1].path(), &[("SECRET_KEY", key)]).await;
    assert!(is_good(&set, &token).await);
    let another =
        launch(&database, folders[1].path(), &[("SECRET_KEY", "another key of more than thirty-two bytes")]).await;
    assert!(!is_good(&another, &token).await, "what is set counts before the database's");
}
