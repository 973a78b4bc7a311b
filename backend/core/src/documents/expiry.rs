//! What has expired, and what no row names. One thing that cannot be deleted keeps no other: it is logged, and tried again
//! later.

use std::time::Duration;

use inkstream_wire::ErrorCode;

use crate::{
    Error, Result,
    app::App,
    metrics,
    ports::{BlobKey, ExpiredDocument},
};

/// Documents that are deleted together, and how often in one turn.
const AT_ONCE: u32 = 100;
const BATCHES: u32 = 10;
/// How long a document that could not be deleted is left alone: doubled with each failure, up to a day.
const FIRST_WAIT: Duration = Duration::from_mins(1);
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// Deletes what has expired. Returns how many documents.
pub(crate) async fn expire(app: &App) -> Result<u64> {
    let mut deleted = 0;
    for _ in 0..BATCHES {
        let expired = app.store.expired_documents(app.clock.now(), AT_ONCE).await?;
        let more = expired.len() == AT_ONCE as usize;
        deleted += delete_all(app, expired).await?;
        if !more {
            break;
        }
    }
    Ok(deleted)
}

async fn delete_all(app: &App, expired: Vec<ExpiredDocument>) -> Result<u64> {
    let mut stuck: Vec<(ExpiredDocument, Error)> = Vec::new();
    let mut without_blob = Vec::new();
    // All blobs first: on a full disk each makes the room that the database needs to delete a row.
    for document in expired {
        match app.blobs.delete(&document.blob).await {
            Ok(()) => without_blob.push(document),
            Err(error) => stuck.push((document, error)),
        }
    }
    let mut deleted = 0;
    for document in without_blob {
        match app.store.delete_document(document.id).await {
            Ok(_) => deleted += 1,
            Err(error) if error.code == ErrorCode::NotFound => {}
            // It is the database's fault, and not the document's.
            Err(error) if error.passes() => return Err(error),
            Err(error) => stuck.push((document, error)),
        }
    }
    if let Some((_, error)) = stuck.first() {
        let (count, error) = (stuck.len(), error as &dyn std::error::Error);
        tracing::error!(count, error, "expired documents cannot be deleted; that is tried again later");
    }
    let now = app.clock.now();
    for (document, _) in &stuck {
        let wait = FIRST_WAIT.saturating_mul(1 << document.failures.min(16)).min(LONGEST_WAIT);
        app.store.postpone_deletion(document.id, now + wait).await?;
    }
    Ok(deleted)
}

/// Deletes blobs that no row names and that are older than `age`: what a crash left. Returns how many.
pub(crate) async fn clear_orphans(app: &App, age: Duration) -> Result<u64> {
    let old = app.blobs.older_than(age.as_secs()).await?;
    let (mut cleared, mut stuck) = (0, 0);
    for keys in old.chunks(100) {
        for key in app.store.unknown_blobs(keys).await? {
            if clear(app, &key).await {
                cleared += 1;
            } else {
                stuck += 1;
            }
        }
    }
    metrics::stuck("blobs", stuck);
    Ok(cleared)
}

async fn clear(app: &App, key: &BlobKey) -> bool {
    let deleted = app.blobs.delete(key).await;
    if let Err(error) = &deleted {
        let error = error as &dyn std::error::Error;
        tracing::error!(error, "a file that belongs to no document cannot be deleted; that is tried again later");
    }
    deleted.is_ok()
}
