use std::{fmt, fs::File};

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

use crate::Result;

/// The name of a blob: random, with nothing of the user's in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BlobKey(String);

impl BlobKey {
    /// A fresh document's blob.
    pub fn document(id: Uuid) -> Self {
        Self(format!("documents/{id}"))
    }

    /// A key that was stored earlier.
    pub fn stored(key: String) -> Self {
        Self(key)
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A blob being written. Nothing is visible under its key before `finish`; dropping it leaves nothing.
#[async_trait]
pub trait BlobWriter: Send {
    /// Appends.
    async fn write(&mut self, chunk: Bytes) -> Result<()>;
    /// Makes the blob visible and durable.
    async fn finish(self: Box<Self>) -> Result<()>;
    /// Gives the blob up.
    async fn abort(self: Box<Self>);
}

/// Files on disk or in a bucket. A full disk is [`inkstream_wire::ErrorCode::StorageFull`].
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Begins a blob.
    async fn create(&self, key: &BlobKey) -> Result<Box<dyn BlobWriter>>;
    /// Opens a blob as a local file, to be handed to a child by descriptor. Not found is
    /// [`inkstream_wire::ErrorCode::NotFound`].
    async fn open(&self, key: &BlobKey) -> Result<File>;
    /// Deletes a blob; one that is not there is fine.
    async fn delete(&self, key: &BlobKey) -> Result<()>;
    /// Keys of every blob older than `seconds`, so that the sweeper finds those that no row names.
    async fn older_than(&self, seconds: u64) -> Result<Vec<BlobKey>>;
}
