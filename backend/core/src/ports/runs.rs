use async_trait::async_trait;
use inkstream_content::{Occurrence, PageContent};
use inkstream_wire::{
    DocumentId, EventError, PageAttempt, PageMetadata, PageWarning, RunId, RunKind, RunStatus, TextBox, Usage, UsageId,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::UsageRecord;
use crate::{
    Result,
    owner::Owner,
    quota::{Month, QuotaLimits},
};

/// A run to be begun.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its id.
    pub id: RunId,
    /// Its row on the ledger.
    pub usage_id: UsageId,
    /// Who requested it.
    pub owner: Owner,
    /// The document to read.
    pub document: DocumentId,
    /// The interface through which it was requested.
    pub kind: RunKind,
    /// The requested model.
    pub model: String,
    /// The engine that serves it.
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

/// Whether a written page can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Its document exists.
    Kept,
    /// Nobody can see it: its document was deleted, or its user disabled. What it used is on the ledger.
    Unseen,
}

/// How a page of a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum PageOutcome {
    /// Read completely.
    Done,
    /// The engine stopped before the page's end: text is missing.
    Partial,
    /// Failed.
    Failed(EventError),
    /// Cancelled before its end.
    Aborted,
}

impl PageOutcome {
    /// Whether the engine finished the page, even if too early.
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
    /// Width and height in pixels of the image that was read.
    pub size: Option<(u32, u32)>,
    /// The image's resolution, if known.
    pub dpi: Option<f32>,
    /// Its text, or the part that had arrived.
    pub text: String,
    /// The occurrences of the reference, if the page was searched, in the image's pixels.
    pub occurrences: Vec<Occurrence>,
    /// Mean confidence, 0 to 100.
    pub confidence: Option<f32>,
    /// The engine's finish reason.
    pub finish_reason: Option<String>,
    /// What it used.
    pub usage: Usage,
    /// Whether it counts against the month's pages: it was read, or cancelled after text of it was sent.
    pub counts: bool,
    /// What that costs; `None` where no price is set.
    pub cost: Option<f64>,
    /// The model that read it.
    pub model: String,
    /// The engine that read it, which may have chosen the model. Prices and metrics are the engine's.
    pub engine: String,
    /// Whether something was located on the page, rather than all of it read.
    pub locates: bool,
    /// Clockwise rotation of the image, in degrees.
    pub rotation: u16,
    /// The model's metadata about the page.
    pub metadata: Option<PageMetadata>,
    /// Warnings about its text.
    pub warnings: Vec<PageWarning>,
    /// The page's content; `None` if nothing was read.
    pub content: Option<PageContent>,
    /// The attempts at it, in order.
    pub attempts: Vec<PageAttempt>,
    /// Now.
    pub finished_at: Timestamp,
}

impl PageResult {
    /// The boxes of its content and of the occurrences, in the image's pixels.
    pub fn boxes(&self) -> Vec<TextBox> {
        let boxes = self.content.as_ref().map(|content| content.boxes(&self.text)).unwrap_or_default();
        boxes.into_iter().chain(self.occurrences.iter().map(Occurrence::to_box)).collect()
    }
}

/// The end of a run.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The run.
    pub run: RunId,
    /// Its final state.
    pub status: RunStatus,
    /// Now.
    pub ended_at: Timestamp,
}

/// Runs. Each method is one transaction; errors as [`super::Store`] says.
#[async_trait]
pub trait RunStore: Send + Sync {
    /// Adds a run to the ledger as `running`, sets its pages to `running`, and reserves them on the user's month:
    /// `QuotaExceeded` if that exceeds the user's quota of pages, or if no tokens are left.
    async fn begin_run(&self, run: NewRun) -> Result<Begun>;
    /// Closes a run: pages of it that are still `running` get back the state they had before it, their reservations are
    /// released, and the row gets its end. A run that is closed already stays as it is. Returns the row.
    async fn settle_run(&self, settlement: Settlement) -> Result<UsageRecord>;
    /// Renews the leases of those of these runs that are running, and of all their transient documents.
    /// Returns how many runs.
    async fn extend_leases(&self, runs: &[RunId], until: Timestamp) -> Result<u64>;
    /// Running runs whose lease lapsed before `now`; with `but_boot` also those of every other process, lapsed or not
    /// (the embedded database has one server, so the others are dead).
    async fn lapsed_runs(&self, now: Timestamp, but_boot: Option<Uuid>) -> Result<Vec<RunId>>;
    /// Settles one of them as `aborted`. Returns whether it still was one.
    async fn settle_lapsed(&self, run: RunId, now: Timestamp, but_boot: Option<Uuid>) -> Result<bool>;
}

/// The pages of a run. Each method is one transaction; errors as [`super::Store`] says.
#[async_trait]
pub trait RunPageStore: Send + Sync {
    /// Reserves tokens for a page that is about to start: `QuotaExceeded` if that exceeds the user's quota.
    /// `finish_page` and `settle_run` release the reservation.
    async fn reserve_tokens(&self, run: RunId, page: u32, tokens: u64, quota: QuotaLimits) -> Result<()>;
    /// Writes a page's result, adds its usage and cost to the run's row, and replaces the page's reservation by
    /// what it used (tokens always, the page if it counts). A lesser result leaves an earlier one in place: a failed or
    /// aborted page any result, a partial one a complete one. A page on which something was located keeps its content, and the
    /// new occurrences replace those that were located before. `Aborted` if the run was closed before: then nothing is
    /// written.
    async fn finish_page(&self, page: PageResult) -> Result<Written>;
}
