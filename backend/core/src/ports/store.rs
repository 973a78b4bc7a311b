use async_trait::async_trait;
use inkstream_content::PageContent;
use inkstream_wire::{
    Document, DocumentId, DocumentKind, EventError, Grouping, Page, PageAttempt, PageMetadata, PageWarning, RunId,
    RunKind, RunStatus, TextBox, Usage, UsageEvent, UsageId, UsageSummary,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::BlobKey;
use crate::{
    Result,
    owner::Owner,
    quota::{Month, QuotaLimits},
};

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
    /// Whether it is to end with its run: then `expires_at` is the run's lease, and is renewed with it.
    pub transient: bool,
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
    /// Whether the document ends with it: from now on it expires with the lease.
    pub ends_document: bool,
    /// The month whose meter it counts on.
    pub month: Month,
    /// The operator's quotas for this kind of user; the user's own, if set, count instead.
    pub quota: QuotaLimits,
}

/// A run that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// Whether the user's tokens are limited, so that each page must reserve some before it starts.
    pub reserves_tokens: bool,
}

/// What has become of a page's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Its document is there.
    Kept,
    /// Nobody can see it: its document was deleted, or its user disabled. What it used is on the ledger.
    Unseen,
}

/// How a page of a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum PageOutcome {
    /// Read.
    Done,
    /// Read, and the engine stopped before the page's end: text is missing.
    Partial,
    /// Failed.
    Failed(EventError),
    /// Given up before its end.
    Aborted,
}

impl PageOutcome {
    /// Whether an engine read the page to an end of its own, be it too early.
    pub const fn has_result(&self) -> bool {
        matches!(self, Self::Done | Self::Partial)
    }
}

/// A page's result.
#[derive(Debug, Clone)]
pub struct PageResult {
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
    /// Whether it counts on the month's pages: it was read, or given up after text of it had gone out.
    pub counts: bool,
    /// What that costs, where the operator has set a price.
    pub cost: Option<f64>,
    /// The model that read it.
    pub model: String,
    /// Whether something was looked for on the page, rather than all of it read.
    pub locates: bool,
    /// How the picture was turned, clockwise in degrees.
    pub rotation: u16,
    /// What the model said of the page beside its text.
    pub metadata: Option<PageMetadata>,
    /// What may be wrong with its text.
    pub warnings: Vec<PageWarning>,
    /// Its text as blocks, lines, words and tables; `None` where nothing was read.
    pub content: Option<PageContent>,
    /// The attempts at it, in order.
    pub attempts: Vec<PageAttempt>,
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
pub type UsageRecord = UsageEvent;

/// A document whose time has come.
#[derive(Debug, Clone)]
pub struct ExpiredDocument {
    /// The document.
    pub id: DocumentId,
    /// Its blob.
    pub blob: BlobKey,
    /// How often it could not be deleted.
    pub failures: u32,
}

/// The database. Each method is one transaction: all of it happens, or nothing does.
///
/// Errors: `NotFound` for what is not there or another's, `StorageFull` for a full disk,
/// `Unavailable` for a locked or unreachable database, `Internal` for the rest.
#[async_trait]
pub trait Store: Send + Sync {
    /// Whether the database answers.
    async fn ping(&self) -> Result<()>;

    /// Adds a document with its pages, all pending.
    async fn add_document(&self, document: NewDocument) -> Result<()>;
    /// One document of this owner that has not expired at `now`.
    async fn document(&self, owner: &Owner, id: DocumentId, now: Timestamp) -> Result<StoredDocument>;
    /// Whose a document is that has not expired at `now`, for those who come with a signed URL. `NotFound` also where
    /// the user is disabled.
    async fn owner_of(&self, id: DocumentId, now: Timestamp) -> Result<Owner>;
    /// This owner's documents, latest first.
    async fn documents(&self, owner: &Owner, now: Timestamp, limit: u32) -> Result<Vec<Document>>;
    /// A document's pages, in order.
    async fn pages(&self, id: DocumentId) -> Result<Vec<Page>>;
    /// One of its pages.
    async fn page(&self, id: DocumentId, page: u32) -> Result<Page>;
    /// What was read on a page; `None` where nothing was. A page that was stored without its content gets one made of its
    /// text and boxes.
    async fn page_content(&self, id: DocumentId, page: u32) -> Result<Option<PageContent>>;
    /// Keeps a person's correction beside the original; `None` takes it back.
    async fn correct_page(&self, id: DocumentId, page: u32, text: Option<&str>, now: Timestamp) -> Result<()>;
    /// Deletes a document with its pages (the ledger stays). Returns its blob.
    async fn delete_document(&self, id: DocumentId) -> Result<BlobKey>;
    /// Documents that expired before `now` and that no running run reads, at most `limit`; not those that are to be
    /// tried again later.
    async fn expired_documents(&self, now: Timestamp, limit: u32) -> Result<Vec<ExpiredDocument>>;
    /// An expired document could not be deleted: counts that, and moves it back until `retry_at`.
    async fn postpone_deletion(&self, id: DocumentId, retry_at: Timestamp) -> Result<()>;
    /// How many expired documents could not be deleted.
    async fn stuck_documents(&self) -> Result<u64>;
    /// Lets every document expire that is to end with its run. Where no run lives, all of these are left over.
    async fn expire_transient(&self, now: Timestamp) -> Result<u64>;
    /// Those of `keys` that no document names.
    async fn unknown_blobs(&self, keys: &[BlobKey]) -> Result<Vec<BlobKey>>;

    /// Puts a run on the ledger as `running`, its pages to `running`, and reserves them on the user's month:
    /// `QuotaExceeded` when that passes the user's quota of pages, or when no tokens are left.
    async fn begin_run(&self, run: NewRun) -> Result<Begun>;
    /// Reserves tokens for a page that is about to start: `QuotaExceeded` when that passes the user's quota.
    /// `finish_page` and `settle_run` take the reservation back.
    async fn reserve_tokens(&self, run: RunId, page: u32, tokens: u64, quota: QuotaLimits) -> Result<()>;
    /// Writes a page's result, adds its usage and cost to the run's row, and turns what the page had reserved into what
    /// it used (tokens always, the page if it counts). What is less leaves an earlier result of the page in place: a failed or
    /// aborted page any result, a partial one a whole one. A page on which something was looked for keeps its text, and has
    /// the new places in the place of those that were found before. `Aborted` when the run was closed before: nothing is
    /// written.
    async fn finish_page(&self, page: PageResult) -> Result<Written>;
    /// Closes a run: pages of it that are still `running` are again what they were before it, their reservations are
    /// released, and the row gets its end. A run that is closed already stays as it is. Returns the row.
    async fn settle_run(&self, settlement: Settlement) -> Result<UsageRecord>;
    /// Renews the leases of those of these runs that are running, and of all their documents that are to end with a run.
    /// Returns how many runs.
    async fn extend_leases(&self, runs: &[RunId], until: Timestamp) -> Result<u64>;
    /// Running runs whose lease lapsed before `now`; with `but_boot` also those of every other process, lapsed or not
    /// (the embedded database has one server, so that the others are dead).
    async fn lapsed_runs(&self, now: Timestamp, but_boot: Option<Uuid>) -> Result<Vec<RunId>>;
    /// Settles one of them as `aborted`. Returns whether it still was one.
    async fn settle_lapsed(&self, run: RunId, now: Timestamp, but_boot: Option<Uuid>) -> Result<bool>;
    /// Deletes the `run_pages` of at most `limit` runs that are closed and whose document is gone. Returns how many runs.
    async fn prune_run_pages(&self, limit: u32) -> Result<u64>;
    /// Takes at most `limit` closed runs that began before `before`, and whose documents are gone, off the ledger; its
    /// totals stay. Returns how many.
    async fn prune_usage(&self, before: Timestamp, limit: u32) -> Result<u64>;

    /// The ledger of a user, or (`None`) of all, with their names; latest first.
    async fn usage(&self, user: Option<Uuid>, before: Option<UsageId>, limit: u32) -> Result<Vec<UsageEvent>>;
    /// The ledger's totals of a user, or of all; divided, where asked for, into at most `MAX_GROUPS` groups: days latest
    /// first, others by pages, most first.
    async fn usage_summary(&self, user: Option<Uuid>, by: Option<Grouping>) -> Result<UsageSummary>;
}

/// Groups of one summary.
pub const MAX_GROUPS: u32 = 400;
