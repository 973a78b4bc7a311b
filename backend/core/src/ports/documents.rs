use async_trait::async_trait;
use inkstream_wire::{DocumentId, DocumentKind};
use jiff::Timestamp;

use super::BlobKey;
use crate::{Result, owner::Owner};

/// A document to be stored; its blob is there already.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// Its id.
    pub id: DocumentId,
    /// Whose it is.
    pub owner: Owner,
    /// Its name, without folders, at most 255 characters.
    pub filename: String,
    /// Image or PDF.
    pub kind: DocumentKind,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many pages it has.
    pub pages: u32,
    /// Its blob.
    pub blob: BlobKey,
    /// Now.
    pub created_at: Timestamp,
    /// When the sweeper deletes it.
    pub expires_at: Timestamp,
    /// Whether it ends with its run: then `expires_at` is the run's lease, and is renewed with it.
    pub transient: bool,
}

/// A stored document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRecord {
    /// Its id.
    pub id: DocumentId,
    /// Its name, without folders.
    pub filename: String,
    /// Image or PDF.
    pub kind: DocumentKind,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many pages it has.
    pub pages: u32,
    /// How many of them have a complete result.
    pub pages_done: u32,
    /// Its blob.
    pub blob: BlobKey,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When the sweeper deletes it.
    pub expires_at: Timestamp,
}

/// A document that has expired.
#[derive(Debug, Clone)]
pub struct ExpiredDocument {
    /// The document.
    pub id: DocumentId,
    /// Its blob.
    pub blob: BlobKey,
    /// How often it could not be deleted.
    pub failures: u32,
}

/// Documents: stored, listed, deleted and expired. Each method is one transaction; errors as [`super::Store`] says.
#[async_trait]
pub trait DocumentStore: Send + Sync {
    /// Adds a document with its pages, all pending.
    async fn add_document(&self, document: NewDocument) -> Result<()>;
    /// One document of this owner that has not expired at `now`.
    async fn document(&self, owner: &Owner, id: DocumentId, now: Timestamp) -> Result<DocumentRecord>;
    /// The owner of a document that has not expired at `now`, for callers with a signed URL. `NotFound` also if
    /// the user is disabled.
    async fn owner_of(&self, id: DocumentId, now: Timestamp) -> Result<Owner>;
    /// This owner's documents that have not expired at `now`, latest first; with `before` those that come after that one in
    /// this order. `NotFound` if `before` is not one of them.
    async fn documents(
        &self,
        owner: &Owner,
        now: Timestamp,
        before: Option<DocumentId>,
        limit: u32,
    ) -> Result<Vec<DocumentRecord>>;
    /// Deletes a document with its pages (the ledger stays). Returns its blob.
    async fn delete_document(&self, id: DocumentId) -> Result<BlobKey>;
    /// Documents that expired before `now` and that no running run reads, at most `limit`; not those whose deletion was
    /// postponed.
    async fn expired_documents(&self, now: Timestamp, limit: u32) -> Result<Vec<ExpiredDocument>>;
    /// Counts that an expired document could not be deleted, and postpones its deletion until `retry_at`.
    async fn postpone_deletion(&self, id: DocumentId, retry_at: Timestamp) -> Result<()>;
    /// How many expired documents could not be deleted.
    async fn stuck_documents(&self) -> Result<u64>;
    /// Lets every transient document expire. Where no run is alive, all of them are left over.
    async fn expire_transient(&self, now: Timestamp) -> Result<u64>;
    /// Those of `keys` that no document names.
    async fn unknown_blobs(&self, keys: &[BlobKey]) -> Result<Vec<BlobKey>>;
}
