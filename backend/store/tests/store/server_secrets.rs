//! Secrets that servers share.

use crate::database::{TestDatabase, at, on_both_databases};

on_both_databases! {
    all_servers_get_the_first_secret;
    servers_that_start_at_once_get_the_same_secret;
}

async fn all_servers_get_the_first_secret(t: TestDatabase) {
    let secret = async |name: &str, candidate: &str| t.db.shared_secret(name, candidate, at(0)).await.unwrap();
    assert_eq!(secret("key", "one").await, "one");
    assert_eq!(secret("key", "two").await, "one");
    assert_eq!(secret("another", "two").await, "two");
    assert_eq!(t.second_connection().await.shared_secret("key", "three", at(9)).await.unwrap(), "one");
}

async fn servers_that_start_at_once_get_the_same_secret(t: TestDatabase) {
    let mut servers = tokio::task::JoinSet::new();
    for number in 0..16 {
        let db = t.db.clone();
        servers.spawn(async move { db.shared_secret("key", &format!("of {number}"), at(0)).await.unwrap() });
    }
    let secrets = servers.join_all().await;
    assert!(secrets.iter().all(|secret| *secret == secrets[0]), "{secrets:?}");
}
