use async_trait::async_trait;
use inkstream_wire::{
    Document, DocumentId, DocumentKind, EventError, Page, RunId, RunKind, RunStatus, TextBox, Usage, UsageEvent,
    UsageId, UsageSummary,
};
use jiff::Timestamp;
use uuid::Uuid;

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
    /// Picture or PDF.
    pub kind: DocumentKind,
    /// Bytes.
    pub bytes: u64,
    /// Pages.
    pub pages: u32,
    /// Its blob.
    pub blob: BlobKey,
    /// Now.
    pub created_at: Timestamp,
    /// When the sweeper takes it.
    pub expires_at: Timestamp,
}

/// A stored document with what only the server may know.
#[derive(Debug, Clone)]
pub struct StoredDocument {
    /// What its owner sees.
    pub document: Document,
    /// Its blob.
    pub blob: BlobKey,
}

/// A run to be begun.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its id.
    pub id: RunId,
    /// Its row on the ledger.
    pub usage_id: UsageId,
    /// Who asked.
    pub owner: Owner,
    /// What is read.
    pub document: DocumentId,
    /// What it was asked through.
    pub kind: RunKind,
    /// The model.
    pub model: String,
    /// What serves it.
    pub engine: String,
    /// The pages it will read, each once.
    pub pages: Vec<u32>,
    /// Bytes uploaded for it (0 when a stored document is read again).
    pub input_bytes: u64,
    /// Now.
    pub created_at: Timestamp,
    /// The process that owns it.
    pub boot: Uuid,
    /// Until when nobody else may settle it.
    pub lease_until: Timestamp,
}

/// How a page of a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum PageOutcome {
    /// Read.
    Done,
    /// Failed.
    Failed(EventError),
    /// Given up before its end.
    Aborted,
}

/// A page's result.
#[derive(Debug, Clone)]
pub struct PageRecord {
    /// The run.
    pub run: RunId,
    /// The document.
    pub document: DocumentId,
    /// The page's number in the document.
    pub page: u32,
    /// How it ended.
    pub outcome: PageOutcome,
    /// Size in pixels of the picture that was read.
    pub size: Option<(u32, u32)>,
    /// Its resolution.
    pub dpi: Option<f32>,
    /// Its text, or what had come of it.
    pub text: String,
    /// Its places.
    pub boxes: Vec<TextBox>,
    /// Mean confidence.
    pub confidence: Option<f32>,
    /// Why the engine stopped.
    pub finish_reason: Option<String>,
    /// What it used.
    pub usage: Usage,
    /// The model that read it.
    pub model: String,
    /// Now.
    pub finished_at: Timestamp,
}

/// How a run is closed.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The run.
    pub run: RunId,
    /// Its end.
    pub status: RunStatus,
    /// Now.
    pub ended_at: Timestamp,
}

/// A run's row, as the ledger and the settled run agree on it.
pub type RunRecord = UsageEvent;

/// A document whose time has come.
#[derive(Debug, Clone)]
pub struct ExpiredDocument {
    /// The document.
    pub id: DocumentId,
    /// Its blob.
    pub blob: BlobKey,
}

/// The database. Each method is one transaction: all of it happens, or nothing does.
///
/// Errors: `NotFound` for what is not there or another's, `StorageFull` for a full disk,
/// `Unavailable` for a locked or unreachable database, `Internal` for the rest.
#[async_trait]
pub trait Store: Send + Sync {
    /// Whether the database answers.
    async fn ping(&self) -> Result<()>;
    /// Finds the user of this name, or makes it. Returns its id.
    async fn ensure_user(&self, username: &str, now: Timestamp) -> Result<Uuid>;

    /// Adds a document with its pages, all pending.
    async fn add_document(&self, document: NewDocument) -> Result<()>;
    /// One document of this owner that has not expired at `now`.
    async fn document(&self, owner: &Owner, id: DocumentId, now: Timestamp) -> Result<StoredDocument>;
    /// This owner's documents, latest first.
    async fn documents(&self, owner: &Owner, now: Timestamp, limit: u32) -> Result<Vec<Document>>;
    /// A document's pages, in order.
    async fn pages(&self, id: DocumentId) -> Result<Vec<Page>>;
    /// Keeps a person's correction beside the original; `None` takes it back.
    async fn correct_page(&self, id: DocumentId, page: u32, text: Option<&str>, now: Timestamp) -> Result<()>;
    /// Deletes a document with its pages (the ledger stays). Returns its blob.
    async fn delete_document(&self, id: DocumentId) -> Result<BlobKey>;
    /// Documents that expired before `now` and that no running run reads, at most `limit`.
    async fn expired_documents(&self, now: Timestamp, limit: u32) -> Result<Vec<ExpiredDocument>>;
    /// Those of `keys` that no document names.
    async fn unknown_blobs(&self, keys: &[BlobKey]) -> Result<Vec<BlobKey>>;

    /// Puts a run on the ledger as `running`, and its pages to `running`.
    async fn begin_run(&self, run: NewRun) -> Result<()>;
    /// Writes a page's result and adds its usage to the run's row. A failed or aborted page leaves an
    /// earlier good result of the page in place.
    async fn finish_page(&self, page: PageRecord) -> Result<()>;
    /// Closes a run: pages of it that are still `running` become `aborted` (or keep their earlier good
    /// result), and the row gets its end. A run that is closed already stays as it is. Returns the row.
    async fn settle_run(&self, settlement: Settlement) -> Result<RunRecord>;
    /// Renews the leases of every running run of this process.
    async fn extend_leases(&self, boot: Uuid, until: Timestamp) -> Result<u64>;
    /// Settles runs as `aborted` whose lease lapsed before `now`; with `but_boot` also those of every other process,
    /// lapsed or not (the embedded database has one server, so that the others are dead). Returns how many.
    async fn settle_lapsed(&self, now: Timestamp, but_boot: Option<Uuid>) -> Result<u64>;

    /// The ledger of a user, latest first.
    async fn usage(&self, user: Uuid, before: Option<UsageId>, limit: u32) -> Result<Vec<UsageEvent>>;
    /// The ledger's totals of a user.
    async fn usage_summary(&self, user: Uuid) -> Result<UsageSummary>;
}
