//! Migrations, and who may have the database.

use inkstream_core::ports::Store;
use inkstream_store::{Database, MigrationState, SetupError};
use inkstream_wire::ErrorCode;

use crate::database::{TestDatabase, at, on_both_databases};

on_both_databases! {
    migrations_go_up_down_and_up_again;
    an_unmigrated_database_is_a_defect_and_not_a_missing_document;
}

async fn states(db: &Database) -> Vec<MigrationState> {
    db.migrate_status().await.unwrap().iter().map(|migration| migration.state).collect()
}

async fn migrations_go_up_down_and_up_again(t: TestDatabase) {
    t.document(&t.browser(), 2).await;
    let all = t.db.migrate_status().await.unwrap();
    assert!(all.iter().all(|migration| migration.state == MigrationState::Applied && !migration.name.is_empty()));
    assert!(all.is_sorted_by_key(|migration| migration.version));

    t.db.migrate_down(1).await.unwrap();
    let states_now = states(&t.db).await;
    assert_eq!(states_now.last(), Some(&MigrationState::Pending));
    assert_eq!(states_now.iter().filter(|state| **state == MigrationState::Pending).count(), 1);
    t.db.migrate_down(100).await.unwrap();
    assert!(states(&t.db).await.iter().all(|state| *state == MigrationState::Pending));

    t.db.migrate_up().await.unwrap();
    t.db.migrate_up().await.unwrap();
    assert!(states(&t.db).await.iter().all(|state| *state == MigrationState::Applied));
    let user = t.db.ensure_user("anonymous", at(0)).await.unwrap();
    assert_ne!(user, t.user, "going down takes the rows along");
}

async fn an_unmigrated_database_is_a_defect_and_not_a_missing_document(t: TestDatabase) {
    t.db.migrate_down(100).await.unwrap();
    let error = t.db.ensure_user("anonymous", at(0)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Internal);
    assert!(!error.detail.contains("users"), "the table's name is for the log: {}", error.detail);
}

#[tokio::test]
async fn only_one_server_has_the_embedded_database() {
    let t = TestDatabase::sqlite().await;
    let second = t.another().await;
    let sole = t.db.sole().unwrap();
    assert!(sole.is_some());
    assert!(matches!(second.sole(), Err(SetupError::InUse { .. })));
    drop(sole);
    assert!(second.sole().unwrap().is_some());
}

#[tokio::test]
async fn servers_share_a_postgres_database() {
    let t = TestDatabase::postgres().await;
    assert!(t.db.sole().unwrap().is_none());
}

#[tokio::test]
async fn nobody_else_can_read_the_embedded_database() {
    use std::os::unix::fs::PermissionsExt;
    let t = TestDatabase::sqlite().await;
    let _sole = t.db.sole().unwrap();
    let folder = t.folder.path().join("ink");
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let mut names = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["test.db", "test.db-shm", "test.db-wal", "test.db.lock"]);
}
