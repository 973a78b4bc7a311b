//! Uploads: bytes that are in a blob, and that no row names yet.

use std::{pin::pin, sync::Arc};

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use inkstream_wire::{DocumentId, ErrorCode};
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{Documents, clean_filename};
use crate::{
    Error, Result, metrics,
    ports::{BlobKey, Blobs},
};

/// An upload whose bytes are in a blob, and that no row names yet. Its blob is deleted when it is dropped.
#[derive(Debug)]
pub struct Upload {
    /// The document it becomes.
    pub id: DocumentId,
    /// Its name, cleaned.
    pub filename: String,
    /// Its size.
    pub bytes: u64,
    blob: UnclaimedBlob,
}

impl Upload {
    /// Its blob.
    pub(crate) fn blob(&self) -> &BlobKey {
        &self.blob.key
    }

    /// A row names the blob from now on.
    pub(super) fn claim(mut self) {
        self.blob.claimed = true;
    }

    /// Deletes an upload that became no document, and waits for that. What fails here is found by the sweeper.
    pub async fn discard(mut self) {
        self.blob.claimed = true;
        if let Some(deletion) = self.blob.delete() {
            // A task that has panicked has left the blob to the sweeper.
            let _ = deletion.await;
        }
    }
}

/// A blob that is deleted when this is dropped, unless it was claimed.
struct UnclaimedBlob {
    key: BlobKey,
    blobs: Arc<dyn Blobs>,
    tasks: TaskTracker,
    claimed: bool,
}

impl UnclaimedBlob {
    /// Nothing can be awaited where it is dropped: a task deletes it, and shutdown waits for that.
    fn delete(&self) -> Option<JoinHandle<()>> {
        let runtime = Handle::try_current().ok()?;
        let (key, blobs) = (self.key.clone(), Arc::clone(&self.blobs));
        let deletion = async move {
            if let Err(error) = blobs.delete(&key).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "an upload could not be discarded");
            }
        };
        Some(self.tasks.spawn_on(deletion, &runtime))
    }
}

impl std::fmt::Debug for UnclaimedBlob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnclaimedBlob").field("key", &self.key).field("claimed", &self.claimed).finish_non_exhaustive()
    }
}

impl Drop for UnclaimedBlob {
    fn drop(&mut self) {
        if !self.claimed {
            self.delete();
        }
    }
}

/// Writes an upload to a blob as it comes. `TooLarge` past the limit, `EmptyFile` without a byte; nothing is left behind
/// on an error, nor when the future is dropped.
pub async fn receive<S>(documents: &Documents, filename: Option<&str>, body: S) -> Result<Upload>
where
    S: Stream<Item = Result<Bytes>> + Send,
{
    let id = DocumentId(Uuid::new_v4());
    let key = BlobKey::document(id.0);
    let mut body = pin!(body);
    let mut writer = documents.blobs.create(&key).await?;
    let mut bytes = 0;
    let written = async {
        while let Some(chunk) = body.next().await {
            let chunk = chunk?;
            bytes += chunk.len() as u64;
            if bytes > documents.max_upload_bytes {
                return Err(too_large(documents.max_upload_bytes));
            }
            writer.write(chunk).await?;
        }
        if bytes == 0 { Err(Error::new(ErrorCode::EmptyFile, "The file has no bytes.")) } else { Ok(()) }
    }
    .await;
    if let Err(error) = written {
        writer.abort().await;
        return Err(error);
    }
    let blob = UnclaimedBlob {
        key,
        blobs: Arc::clone(&documents.blobs),
        tasks: documents.lifecycle.tasks.clone(),
        claimed: false,
    };
    // The blob comes to its place in one go: dropped in the midst of that, it would be deleted before it is there.
    let blob = documents
        .lifecycle
        .run_to_completion(async move {
            writer.finish().await?;
            Ok(blob)
        })
        .await?;
    metrics::uploaded(bytes);
    Ok(Upload { id, filename: clean_filename(filename.unwrap_or_default()), bytes, blob })
}

/// The error for an upload past the limit; the server says it from `Content-Length` already.
pub fn too_large(limit: u64) -> Error {
    Error::new(ErrorCode::TooLarge, format!("Uploads may have at most {limit} bytes."))
}
