//! The embedded database when its disk is full or another process holds it.

use inkstream_core::{
    accounts::Username,
    owner::Owner,
    ports::{
        BlobKey, DocumentStore as _, NewDocument, NewRun, PageOutcome, PageResult, PageStore as _, RunPageStore as _,
        RunStore as _, Settlement, Store as _, UsageLedger as _, UserStore as _,
    },
    quota::{Month, QuotaLimits},
};
use inkstream_wire::{
    DocumentId, DocumentKind, ErrorCode, PageStatus, RunId, RunKind, RunStatus, TextBox, Usage, UsageId,
};
use jiff::Timestamp;
use sqlx::{Connection, SqliteConnection, SqlitePool};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::{connect, database::Pools};

async fn database() -> (TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let db = connect("sqlite://test.db", folder.path()).await.unwrap();
    db.migrate_up().await.unwrap();
    (folder, db)
}

fn anonymous() -> Username {
    "anonymous".parse().unwrap()
}

fn writer(db: &Database) -> &SqlitePool {
    let Pools::Sqlite { writer, .. } = &db.pools else { panic!("no embedded database") };
    writer
}

/// Limits the database to `free` more pages of 4 KiB, as a full disk does.
async fn fill(db: &Database, free: i64) {
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(writer(db)).await.unwrap();
    let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {}", pages + free));
    sqlx::query(limit).execute(writer(db)).await.unwrap();
}

fn document(user: Uuid, pages: u32) -> NewDocument {
    let id = DocumentId(Uuid::new_v4());
    NewDocument {
        id,
        owner: Owner { user, session: None, anonymous: true, key: None },
        filename: "scan.pdf".to_owned(),
        kind: DocumentKind::Pdf,
        bytes: 1,
        pages,
        blob: BlobKey::document(id.0),
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::MAX,
        transient: false,
    }
}

#[tokio::test]
async fn a_full_disk_is_reported_and_leaves_nothing_half_written() {
    let (_folder, db) = database().await;
    let now = Timestamp::UNIX_EPOCH;
    let user = db.ensure_anonymous(&anonymous(), now).await.unwrap().0;
    let kept = document(user, 1);
    db.add_document(kept.clone()).await.unwrap();
    let run = NewRun {
        id: RunId(Uuid::new_v4()),
        usage_id: UsageId(Uuid::new_v4()),
        owner: kept.owner.clone(),
        document: kept.id,
        kind: RunKind::Pdf,
        model: "m".to_owned(),
        engine: "e".to_owned(),
        pages: vec![1],
        input_bytes: 1,
        created_at: now,
        boot: Uuid::new_v4(),
        lease_until: now,
        ends_document: false,
        month: Month::at(now),
        quota: QuotaLimits::default(),
    };
    let run_id = run.id;
    db.begin_run(run).await.unwrap();

    // The document's own row still fits, its pages do not.
    fill(&db, 2).await;
    let large = document(user, 2_000);
    assert_eq!(db.add_document(large.clone()).await.unwrap_err().code, ErrorCode::StorageFull);
    assert_eq!(db.document(&large.owner, large.id, now).await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(db.pages(large.id, 0, 10).await.unwrap(), []);

    // The run's numbers would fit, the page's text does not: neither is written.
    fill(&db, 2).await;
    let page = PageResult {
        run: run_id,
        document: kept.id,
        page: 1,
        outcome: PageOutcome::Done,
        size: None,
        dpi: None,
        text: "x".repeat(100_000),
        occurrences: Vec::new(),
        confidence: None,
        finish_reason: None,
        usage: Usage { completion_tokens: 7, ..Usage::default() },
        counts: true,
        cost: None,
        model: "m".to_owned(),
        engine: "m".to_owned(),
        locates: false,
        rotation: 0,
        metadata: None,
        warnings: Vec::new(),
        content: None,
        attempts: Vec::new(),
        finished_at: now,
    };
    assert_eq!(db.finish_page(page.clone()).await.unwrap_err().code, ErrorCode::StorageFull);
    assert_eq!(db.usage_summary(Some(user), None).await.unwrap().total.usage.completion_tokens, 0);
    assert_eq!(db.page(kept.id, 1).await.unwrap().record.summary.status, PageStatus::Running);

    // The connection that hit the limit was replaced, and the limit with it: the same page can now be finished.
    db.finish_page(page).await.unwrap();
    let row = db.settle_run(Settlement { run: run_id, status: RunStatus::Ok, ended_at: now }).await.unwrap();
    assert_eq!((row.pages, row.usage.completion_tokens), (1, 7));
}

#[tokio::test]
async fn a_locked_database_is_unavailable_for_writing_and_stays_readable() {
    let (folder, db) = database().await;
    let name = anonymous();
    sqlx::query("PRAGMA busy_timeout = 20").execute(writer(&db)).await.unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();

    let error = db.ensure_anonymous(&name, Timestamp::UNIX_EPOCH).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
    assert!(error.retry_after.is_some());
    db.ping().await.unwrap();
    assert_eq!(db.usage(Some(Uuid::new_v4()), None, 1).await.unwrap(), []);

    lock.rollback().await.unwrap();
    db.ensure_anonymous(&name, Timestamp::UNIX_EPOCH).await.unwrap();
}

/// Pages were stored with all their boxes before those were a projection of the content.
#[tokio::test]
async fn a_page_that_was_stored_with_its_boxes_keeps_them_and_gets_content_from_them() {
    let (_folder, db) = database().await;
    let user = db.ensure_anonymous(&anonymous(), Timestamp::UNIX_EPOCH).await.unwrap();
    let document = document(user.0, 1);
    let id = document.id;
    db.add_document(document).await.unwrap();
    let line = r#"{"kind":"line","box":[1,2,3,4],"text":"One two","confidence":90.5,"block":3,"paragraph":1,"line":7}"#;
    let boxes = format!(r#"[{{"kind":"block","box":[0,0,9,9],"block":3}},{line}]"#);
    sqlx::query("UPDATE pages SET status = 'done', text = 'One two', boxes = $1, width = 9, height = 9")
        .bind(&boxes)
        .execute(writer(&db))
        .await
        .unwrap();
    let told = |boxes: &[TextBox]| serde_json::to_string(boxes).unwrap();
    assert_eq!(told(&db.pages(id, 0, 10).await.unwrap()[0].record.boxes), boxes);
    let page = db.page(id, 1).await.unwrap();
    let content = page.content.unwrap();
    assert_eq!(told(&content.boxes(&page.record.text)), boxes, "the content has them, too");

    // It may have been stored with content without numbers.
    let content = r#"{"version":1,"blocks":[{"type":"paragraph","text":{"text":"One two"}}]}"#;
    sqlx::query("UPDATE pages SET content = $1").bind(content.as_bytes()).execute(writer(&db)).await.unwrap();
    assert_eq!(told(&db.page(id, 1).await.unwrap().record.boxes), boxes);
}

#[tokio::test]
async fn a_closed_database_is_unavailable() {
    let (_folder, db) = database().await;
    db.close().await;
    assert_eq!(db.ping().await.unwrap_err().code, ErrorCode::Unavailable);
}

#[tokio::test]
async fn a_cancelled_transaction_holds_no_lock() {
    let (_folder, db) = database().await;
    let name = anonymous();
    for polls in 1..20 {
        let mut write = Box::pin(db.ensure_anonymous(&name, Timestamp::UNIX_EPOCH));
        let mut polls_left = polls;
        std::future::poll_fn(|cx| {
            polls_left -= 1;
            let stop = write.as_mut().poll(cx).is_ready() || polls_left == 0;
            if stop { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
        drop(write);
    }
    db.ensure_anonymous(&name, Timestamp::UNIX_EPOCH).await.unwrap();
}
