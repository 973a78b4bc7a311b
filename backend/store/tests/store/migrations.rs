//! Migrations, and the lock of the embedded database.

use inkstream_core::{
    ports::{PageStore as _, PasswordStore as _, RunPageStore as _, UserStore as _},
    quota::MonthUsed,
};
use inkstream_store::{Database, MigrationState, SetupError, connect, is_missing};
use inkstream_wire::{AuditKind, ErrorCode, Role, RunStatus};

use crate::database::{TestDatabase, at, audit, done_page, new_user, on_both_databases};

on_both_databases! {
    migrations_go_up_down_and_up_again;
    a_database_from_before_accounts_keeps_its_anonymous_rows;
    an_unmigrated_database_is_an_internal_error_and_not_a_missing_document;
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
    let user = t.db.ensure_anonymous(&"anonymous".parse().unwrap(), at(0)).await.unwrap();
    assert_ne!(user.0, t.user, "going down takes the rows along");
}

async fn a_database_from_before_accounts_keeps_its_anonymous_rows(t: TestDatabase) {
    let (browser, ada) = (t.browser(), t.signed_in("ada").await);
    let (kept, gone) = (t.document(&browser, 1).await, t.document(&ada, 1).await);
    let run = t.begin(&browser, kept, &[1]).await;
    // Down to the first migration.
    t.db.migrate_down(t.db.migrate_status().await.unwrap().len() - 1).await.unwrap();
    t.db.migrate_up().await.unwrap();

    // A database from before accounts has the anonymous user and its rows.
    let name = "anonymous".parse().unwrap();
    assert_eq!(t.db.ensure_anonymous(&name, at(1)).await.unwrap().0, t.user);
    assert!(t.db.credentials(&name).await.unwrap().unwrap().user.anonymous);
    assert_eq!(t.db.pages(gone, 0, 10).await.unwrap(), []);
    assert!(t.db.credentials(&"ada".parse().unwrap()).await.unwrap().is_none());
    // A run that began before quotas existed counts in no month.
    t.db.finish_page(done_page(run, kept, 1)).await.unwrap();
    assert_eq!(t.settle(run, RunStatus::Ok).await.pages, 1);
    assert_eq!(t.meter(&browser).await, MonthUsed::default());
    t.begin(&browser, kept, &[1]).await;
    assert_eq!(t.meter(&browser).await.pages_reserved, 1);
    // Its skeleton was filled in: "rn" looks like "m".
    let twin = t.db.add_user(new_user("anonyrnous", Role::User), audit(AuditKind::Registered)).await;
    assert_eq!(twin.unwrap_err().code, ErrorCode::Conflict);
}

async fn an_unmigrated_database_is_an_internal_error_and_not_a_missing_document(t: TestDatabase) {
    t.db.migrate_down(100).await.unwrap();
    let error = t.db.ensure_anonymous(&"anonymous".parse().unwrap(), at(0)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Internal);
    assert!(!error.detail.contains("users"), "the table's name is for the log: {}", error.detail);
}

#[tokio::test]
async fn only_one_server_can_lock_the_embedded_database() {
    let t = TestDatabase::sqlite().await;
    let second = t.second_connection().await;
    let exclusive_lock = t.db.exclusive_lock().unwrap();
    assert!(exclusive_lock.is_some());
    assert!(matches!(second.exclusive_lock(), Err(SetupError::InUse { .. })));
    drop(exclusive_lock);
    assert!(second.exclusive_lock().unwrap().is_some());
}

#[tokio::test]
async fn servers_share_a_postgres_database() {
    let t = TestDatabase::postgres().await;
    assert!(t.db.exclusive_lock().unwrap().is_none());
}

#[tokio::test]
async fn other_users_cannot_read_the_embedded_database() {
    use std::os::unix::fs::PermissionsExt;
    let t = TestDatabase::sqlite().await;
    let _sole = t.db.exclusive_lock().unwrap();
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

#[tokio::test]
async fn a_database_file_is_missing_until_it_is_created_for_every_form_of_url() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let absolute = format!("sqlite://{}/a%20b.db", folder.path().display());
    let aio = format!("sqlite+aiosqlite:///{}/c.db?mode=rwc", folder.path().display());
    for url in ["sqlite://d/e.db", "sqlite:///./f.db", "sqlite+aiosqlite:///./g.db", &absolute, &aio] {
        assert!(is_missing(url, &data_dir).unwrap(), "{url}");
        connect(url, &data_dir).await.unwrap().close().await;
        assert!(!is_missing(url, &data_dir).unwrap(), "{url}");
    }
    assert!(!is_missing("postgres://h/d", &data_dir).unwrap());
}
