//! Deletes expired documents and orphaned blobs. An item that cannot be deleted does not block the others: it is logged and retried
//! later.

use std::time::Duration;

use inkstream_wire::ErrorCode;

use super::Documents;
use crate::{
    Error, Result, metrics,
    ports::{BlobKey, ExpiredDocument},
};

/// The number of documents per batch, and the maximum number of batches per sweep.
const BATCH_SIZE: u32 = 100;
const BATCHES: u32 = 10;
/// The delay before the deletion of a document is retried: doubled with each failure, up to the maximum.
const FIRST_RETRY_DELAY: Duration = Duration::from_mins(1);
const MAX_RETRY_DELAY: Duration = Duration::from_hours(24);

/// Deletes expired documents, and returns how many.
pub(crate) async fn expire(documents: &Documents) -> Result<u64> {
    let mut deleted = 0;
    for _ in 0..BATCHES {
        let expired = documents.store.expired_documents(documents.clock.now(), BATCH_SIZE).await?;
        let more = expired.len() == BATCH_SIZE as usize;
        deleted += delete_all(documents, expired).await?;
        if !more {
            break;
        }
    }
    Ok(deleted)
}

async fn delete_all(documents: &Documents, expired: Vec<ExpiredDocument>) -> Result<u64> {
    let mut stuck: Vec<(ExpiredDocument, Error)> = Vec::new();
    let mut without_blob = Vec::new();
    // Delete all blobs first: on a full disk, that makes the room that the database needs to delete rows.
    for document in expired {
        match documents.blobs.delete(&document.blob).await {
            Ok(()) => without_blob.push(document),
            Err(error) => stuck.push((document, error)),
        }
    }
    let mut deleted = 0;
    for document in without_blob {
        match documents.store.delete_document(document.id).await {
            Ok(_) => deleted += 1,
            Err(error) if error.code == ErrorCode::NotFound => {}
            // The database is unavailable: that is not the document's fault, so do not postpone it.
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => stuck.push((document, error)),
        }
    }
    if let Some((_, error)) = stuck.first() {
        let (count, error) = (stuck.len(), error as &dyn std::error::Error);
        tracing::error!(count, error, "expired documents cannot be deleted; that is tried again later");
    }
    let now = documents.clock.now();
    for (document, _) in &stuck {
        let wait = FIRST_RETRY_DELAY.saturating_mul(1 << document.failures.min(16)).min(MAX_RETRY_DELAY);
        documents.store.postpone_deletion(document.id, now + wait).await?;
    }
    Ok(deleted)
}

/// Deletes blobs older than `age` that no row refers to, as after a crash. Returns how many.
pub(crate) async fn clear_orphans(documents: &Documents, age: Duration) -> Result<u64> {
    let old = documents.blobs.older_than(age.as_secs()).await?;
    let (mut cleared, mut stuck) = (0, 0);
    for keys in old.chunks(100) {
        for key in documents.store.unknown_blobs(keys).await? {
            if delete_orphan(documents, &key).await {
                cleared += 1;
            } else {
                stuck += 1;
            }
        }
    }
    metrics::stuck("blobs", stuck);
    Ok(cleared)
}

async fn delete_orphan(documents: &Documents, key: &BlobKey) -> bool {
    let deleted = documents.blobs.delete(key).await;
    if let Err(error) = &deleted {
        let error = error as &dyn std::error::Error;
        tracing::error!(error, "a file that belongs to no document cannot be deleted; that is tried again later");
    }
    deleted.is_ok()
}
