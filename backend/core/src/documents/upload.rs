//! Uploads: files in blobs that no row refers to yet.

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

/// An upload, whose bytes are in a blob that no row refers to yet. Dropping it deletes the blob.
#[derive(Debug)]
pub struct Upload {
    /// The id of the document that it becomes.
    pub id: DocumentId,
    /// Its file name without folders and control characters.
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

    /// Keeps the blob, because a row refers to it now.
    pub(super) fn claim(mut self) {
        self.blob.claimed = true;
    }

    /// Deletes an upload that does not become a document, and waits for the deletion. If that fails, the sweeper finds the blob.
    pub async fn discard(mut self) {
        self.blob.claimed = true;
        if let Some(deletion) = self.blob.delete() {
            // If the task has panicked, the sweeper finds the blob.
            let _ = deletion.await;
        }
    }
}

/// A blob that is deleted on drop unless it was claimed.
struct UnclaimedBlob {
    key: BlobKey,
    blobs: Arc<dyn Blobs>,
    tasks: TaskTracker,
    claimed: bool,
}

impl UnclaimedBlob {
    /// Deletes the blob in a task, because `drop` cannot wait. Shutdown waits for the task.
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

/// Writes an upload to a blob while it arrives. `TooLarge` above the limit, `EmptyFile` without bytes. Leaves nothing behind on an error
/// or when the future is dropped.
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
    // Complete the blob in a task. If the future were dropped meanwhile, the blob would be deleted before it exists.
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

/// The error of an upload above the limit, which the server also derives from `Content-Length`.
pub fn too_large(limit: u64) -> Error {
    Error::new(ErrorCode::TooLarge, format!("Uploads may have at most {limit} bytes."))
}
