//! Expired documents, and those that cannot be deleted.

use inkstream_core::ports::DocumentStore as _;

use crate::database::{TestDatabase, at, on_both_databases};

on_both_databases! {
    a_document_that_cannot_be_deleted_is_retried_after_the_others;
}

async fn a_document_that_cannot_be_deleted_is_retried_after_the_others(t: TestDatabase) {
    let db = &t.db;
    let client = t.client();
    let (stuck, next) = (t.document_at(&client, 1, at(0)).await, t.document_at(&client, 1, at(5)).await);
    let expired = async |seconds, limit| {
        let expired = db.expired_documents(at(seconds), limit).await.unwrap();
        expired.into_iter().map(|document| (document.id, document.failures)).collect::<Vec<_>>()
    };
    assert_eq!(expired(1_005, 1).await, [(stuck, 0)]);
    assert_eq!(db.stuck_documents().await.unwrap(), 0);
    db.postpone_deletion(stuck, at(1_065)).await.unwrap();
    assert_eq!(expired(1_005, 1).await, [(next, 0)]);
    assert_eq!(expired(1_064, 9).await, [(next, 0)]);
    assert_eq!(expired(1_065, 9).await, [(next, 0), (stuck, 1)]);
    db.postpone_deletion(stuck, at(2_000)).await.unwrap();
    assert_eq!((expired(2_000, 9).await.len(), db.stuck_documents().await.unwrap()), (2, 1));
    // It stays expired.
    assert!(db.document(&client, stuck, at(1_500)).await.is_err());
    db.delete_document(stuck).await.unwrap();
    assert_eq!(db.stuck_documents().await.unwrap(), 0);
}
