use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use inkstream_core::{
    Error, Result,
    owner::Owner,
    ports::{
        Begun, BlobKey, DocumentRecord, DocumentStore, ExpiredDocument, NewDocument, NewRun, PageOutcome, PageRecord,
        PageResult, PageStore, PageSummary, PageWithContent, Retention, RunPageStore, RunStore, Settlement, Store,
        UsageLedger, UsageRecord, UsageTotals, Written,
    },
    quota::QuotaLimits,
};
use inkstream_wire::{DocumentId, ErrorCode, Grouping, PageStatus, RunId, RunStatus, Usage, UsageId};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Keeps what the use-cases hand it, for tests to look at.
#[derive(Default)]
pub(crate) struct MemoryStore {
    documents: Mutex<HashMap<DocumentId, NewDocument>>,
    runs: Mutex<HashMap<RunId, UsageRecord>>,
    pages: Mutex<Vec<PageResult>>,
    /// The pages that hold tokens, and how many.
    pub(crate) reserved: Mutex<HashMap<u32, u64>>,
    /// The runs whose leases were renewed, a renewal each.
    pub(crate) renewed: Mutex<Vec<Vec<RunId>>>,
    /// Until when leases last, by run.
    leases: Mutex<HashMap<RunId, Timestamp>>,
    /// How often a document could not be deleted, and when that is tried again.
    postponed: Mutex<HashMap<DocumentId, (u32, Timestamp)>>,
    /// Whose results nobody can see any more: another server has deleted them.
    pub(crate) unseen: Mutex<HashSet<DocumentId>>,
    /// Which calls came, in order.
    pub(crate) calls: Mutex<Vec<Call>>,
    /// The gates of calls that are blocked.
    pub(crate) gates: Mutex<HashMap<Call, Arc<CallGate>>>,
    refusals: Mutex<HashMap<Call, (u32, ErrorCode)>>,
}

/// A call that can be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    AddDocument,
    BeginRun,
    FinishPage,
    SettleRun,
    DeleteDocument,
    ExtendLeases,
    SettleLapsed,
}

/// Blocks calls until the test lets them through.
#[derive(Debug)]
pub(crate) struct CallGate {
    /// Has a permit for each call that has come.
    pub(crate) reached: Semaphore,
    /// Lets a call through for each permit.
    pub(crate) open: Semaphore,
}

/// How long a locked database keeps a caller waiting before it refuses.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

impl MemoryStore {
    /// Refuses the next calls of a kind with this code, as a locked database or a full disk does.
    pub(crate) fn refuse(&self, call: Call, times: u32, code: ErrorCode) {
        self.refusals.lock().unwrap().insert(call, (times, code));
    }

    /// Blocks calls of a kind.
    pub(crate) fn gate(&self, call: Call) -> Arc<CallGate> {
        let gate = Arc::new(CallGate { reached: Semaphore::new(0), open: Semaphore::new(0) });
        self.gates.lock().unwrap().insert(call, gate.clone());
        gate
    }

    async fn admit(&self, call: Call) -> Result<()> {
        self.calls.lock().unwrap().push(call);
        let gate = self.gates.lock().unwrap().get(&call).cloned();
        if let Some(gate) = gate {
            gate.reached.add_permits(1);
            gate.open.acquire().await.unwrap().forget();
        }
        let code = match self.refusals.lock().unwrap().get_mut(&call) {
            Some((times, code)) if *times > 0 => {
                *times -= 1;
                *code
            }
            _ => return Ok(()),
        };
        if code == ErrorCode::Unavailable {
            tokio::time::sleep(PATIENCE).await;
        }
        Err(Error::new(code, "The database refuses."))
    }

    pub(crate) fn runs(&self) -> Vec<UsageRecord> {
        self.runs.lock().unwrap().values().cloned().collect()
    }

    pub(crate) fn records(&self) -> Vec<PageResult> {
        self.pages.lock().unwrap().clone()
    }

    /// Whether the documents are to end with their runs, and when they expire.
    pub(crate) fn expiries(&self) -> Vec<(bool, Timestamp)> {
        self.documents.lock().unwrap().values().map(|document| (document.transient, document.expires_at)).collect()
    }

    /// Takes over the runs that another process has begun on this database.
    pub(crate) fn adopt(&self, other: &Self) {
        self.runs.lock().unwrap().extend(other.runs.lock().unwrap().clone());
        self.leases.lock().unwrap().extend(other.leases.lock().unwrap().iter());
    }

    /// Closes a run as another server does that takes it for dead.
    pub(crate) fn close(&self, run: RunId) {
        self.runs.lock().unwrap().get_mut(&run).unwrap().status = RunStatus::Aborted;
    }

    pub(crate) fn documents_stored(&self) -> usize {
        self.documents.lock().unwrap().len()
    }
}

fn missing() -> Error {
    Error::new(ErrorCode::NotFound, "Nothing is there.")
}

#[async_trait]
impl Store for MemoryStore {
    async fn ping(&self) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl PageStore for MemoryStore {
    async fn page_summaries(&self, id: DocumentId, after: u32, limit: u32) -> Result<Vec<PageSummary>> {
        let pages = self.pages(id, after, limit).await?;
        Ok(pages.into_iter().map(|page| page.record.summary).collect())
    }

    async fn pages(&self, id: DocumentId, after: u32, limit: u32) -> Result<Vec<PageWithContent>> {
        let Some(count) = self.documents.lock().unwrap().get(&id).map(|document| document.pages) else {
            return Ok(Vec::new());
        };
        let records = self.records();
        let any = |number, outcome| records.iter().any(|record| record.page == number && record.outcome == outcome);
        let status = |number| match (any(number, PageOutcome::Done), any(number, PageOutcome::Partial)) {
            (true, _) => PageStatus::Done,
            (_, true) => PageStatus::Partial,
            _ => PageStatus::Pending,
        };
        let page = |number| {
            let result = records.iter().rfind(|record| record.page == number);
            let record = PageRecord {
                summary: PageSummary { status: status(number), ..PageSummary::pending(number) },
                text: String::new(),
                corrected: None,
                boxes: Vec::new(),
                metadata: None,
            };
            PageWithContent { record, content: result.and_then(|result| result.content.clone()) }
        };
        Ok((after + 1..=count).take(limit as usize).map(page).collect())
    }

    async fn missing_pages(&self, id: DocumentId) -> Result<Vec<u32>> {
        let pages = self.page_summaries(id, 0, u32::MAX).await?;
        Ok(pages.into_iter().filter(|page| page.status != PageStatus::Done).map(|page| page.page).collect())
    }

    async fn page(&self, id: DocumentId, page: u32) -> Result<PageWithContent> {
        self.pages(id, page - 1, 1).await?.pop().ok_or_else(missing)
    }

    async fn correct_page(&self, _: DocumentId, _: u32, _: Option<&str>, _: Timestamp) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl DocumentStore for MemoryStore {
    async fn add_document(&self, document: NewDocument) -> Result<()> {
        self.admit(Call::AddDocument).await?;
        self.documents.lock().unwrap().insert(document.id, document);
        Ok(())
    }

    async fn document(&self, _: &Owner, id: DocumentId, _: Timestamp) -> Result<DocumentRecord> {
        let documents = self.documents.lock().unwrap();
        let document = documents.get(&id).ok_or_else(missing)?;
        Ok(DocumentRecord {
            id,
            filename: document.filename.clone(),
            kind: document.kind,
            bytes: document.bytes,
            pages: document.pages,
            pages_done: 0,
            blob: document.blob.clone(),
            created_at: document.created_at,
            expires_at: document.expires_at,
        })
    }

    async fn owner_of(&self, id: DocumentId, _: Timestamp) -> Result<Owner> {
        self.documents.lock().unwrap().get(&id).map(|document| document.owner.clone()).ok_or_else(missing)
    }

    async fn documents(&self, _: &Owner, _: Timestamp, _: Option<DocumentId>, _: u32) -> Result<Vec<DocumentRecord>> {
        Ok(Vec::new())
    }

    async fn delete_document(&self, id: DocumentId) -> Result<BlobKey> {
        self.admit(Call::DeleteDocument).await?;
        self.documents.lock().unwrap().remove(&id).map(|document| document.blob).ok_or_else(missing)
    }

    async fn expired_documents(&self, now: Timestamp, limit: u32) -> Result<Vec<ExpiredDocument>> {
        let (documents, postponed) = (self.documents.lock().unwrap(), self.postponed.lock().unwrap());
        let due = |document: &NewDocument| {
            postponed.get(&document.id).map_or(document.expires_at, |(_, retry_at)| *retry_at) <= now
        };
        let mut expired: Vec<_> = documents.values().filter(|document| due(document)).collect();
        expired.sort_by_key(|document| (document.expires_at, document.bytes));
        let told = |document: &NewDocument| ExpiredDocument {
            id: document.id,
            blob: document.blob.clone(),
            failures: postponed.get(&document.id).map_or(0, |(failures, _)| *failures),
        };
        Ok(expired.into_iter().take(limit as usize).map(told).collect())
    }

    async fn postpone_deletion(&self, id: DocumentId, retry_at: Timestamp) -> Result<()> {
        let mut postponed = self.postponed.lock().unwrap();
        let (failures, at) = postponed.entry(id).or_default();
        (*failures, *at) = (*failures + 1, retry_at);
        Ok(())
    }

    async fn stuck_documents(&self) -> Result<u64> {
        let documents = self.documents.lock().unwrap();
        Ok(self.postponed.lock().unwrap().keys().filter(|id| documents.contains_key(id)).count() as u64)
    }

    async fn expire_transient(&self, now: Timestamp) -> Result<u64> {
        let mut documents = self.documents.lock().unwrap();
        let transient = documents.values_mut().filter(|document| document.transient);
        Ok(transient.map(|document| document.expires_at = now).count() as u64)
    }

    async fn unknown_blobs(&self, keys: &[BlobKey]) -> Result<Vec<BlobKey>> {
        let documents = self.documents.lock().unwrap();
        let known = |key: &&BlobKey| documents.values().any(|document| document.blob == **key);
        Ok(keys.iter().filter(|key| !known(key)).cloned().collect())
    }
}

#[async_trait]
impl RunStore for MemoryStore {
    async fn begin_run(&self, run: NewRun) -> Result<Begun> {
        self.admit(Call::BeginRun).await?;
        if let Some(limit) = run.quota.pages.filter(|&limit| run.pages.len() as u64 > limit) {
            return Err(Error::new(ErrorCode::QuotaExceeded, format!("Only {limit} pages a month.")));
        }
        let row = UsageRecord {
            id: run.usage_id,
            run_id: run.id,
            kind: run.kind,
            model: run.model,
            engine: run.engine,
            status: RunStatus::Running,
            pages: 0,
            usage: Usage { input_bytes: run.input_bytes, ..Usage::default() },
            cost: None,
            created_at: run.created_at,
            ended_at: None,
            key_id: run.owner.key,
            username: None,
        };
        self.leases.lock().unwrap().insert(run.id, run.lease_until);
        self.runs.lock().unwrap().insert(run.id, row);
        Ok(Begun { reserves_tokens: run.quota.tokens.is_some() })
    }

    async fn settle_run(&self, settlement: Settlement) -> Result<UsageRecord> {
        self.admit(Call::SettleRun).await?;
        let mut runs = self.runs.lock().unwrap();
        let row = runs.get_mut(&settlement.run).ok_or_else(missing)?;
        if row.status == RunStatus::Running {
            row.status = settlement.status;
        }
        Ok(row.clone())
    }

    async fn extend_leases(&self, runs: &[RunId], until: Timestamp) -> Result<u64> {
        self.admit(Call::ExtendLeases).await?;
        self.renewed.lock().unwrap().push(runs.to_vec());
        self.leases.lock().unwrap().extend(runs.iter().map(|run| (*run, until)));
        for document in self.documents.lock().unwrap().values_mut().filter(|document| document.transient) {
            document.expires_at = until;
        }
        Ok(runs.len() as u64)
    }

    async fn lapsed_runs(&self, now: Timestamp, _: Option<Uuid>) -> Result<Vec<RunId>> {
        let (runs, leases) = (self.runs.lock().unwrap(), self.leases.lock().unwrap());
        let running = runs.values().filter(|row| row.status == RunStatus::Running);
        Ok(running.map(|row| row.run_id).filter(|run| leases[run] < now).collect())
    }

    async fn settle_lapsed(&self, run: RunId, _: Timestamp, _: Option<Uuid>) -> Result<bool> {
        self.admit(Call::SettleLapsed).await?;
        self.close(run);
        Ok(true)
    }
}

#[async_trait]
impl RunPageStore for MemoryStore {
    async fn reserve_tokens(&self, _: RunId, page: u32, tokens: u64, quota: QuotaLimits) -> Result<()> {
        let limit = quota.tokens.unwrap_or(u64::MAX);
        let used: u64 = self.runs().iter().map(|row| row.usage.completion_tokens).sum();
        let mut reserved = self.reserved.lock().unwrap();
        let others: u64 = reserved.iter().filter(|(other, _)| **other != page).map(|(_, tokens)| tokens).sum();
        let error = || Error::new(ErrorCode::QuotaExceeded, "No tokens are left.");
        if used + tokens > limit {
            return Err(error());
        }
        if used + others + tokens > limit {
            return Err(error().retry_after(5));
        }
        reserved.insert(page, tokens);
        Ok(())
    }

    async fn finish_page(&self, page: PageResult) -> Result<Written> {
        self.admit(Call::FinishPage).await?;
        let mut runs = self.runs.lock().unwrap();
        let row = runs.get_mut(&page.run).ok_or_else(missing)?;
        if row.status != RunStatus::Running {
            return Err(Error::new(ErrorCode::Aborted, "The run was closed before its end."));
        }
        let unseen = self.unseen.lock().unwrap().contains(&page.document);
        row.pages += u32::from(page.outcome.has_result());
        row.usage.add_page(&page.usage);
        self.reserved.lock().unwrap().remove(&page.page);
        self.pages.lock().unwrap().push(page);
        Ok(if unseen { Written::Unseen } else { Written::Kept })
    }
}

#[async_trait]
impl Retention for MemoryStore {
    async fn prune_run_pages(&self, _: u32) -> Result<u64> {
        Ok(0)
    }

    async fn prune_usage(&self, _: Timestamp, _: u32) -> Result<u64> {
        Ok(0)
    }
}

#[async_trait]
impl UsageLedger for MemoryStore {
    async fn usage(&self, _: Option<Uuid>, _: Option<UsageId>, _: u32) -> Result<Vec<UsageRecord>> {
        Ok(self.runs())
    }

    async fn usage_summary(&self, _: Option<Uuid>, _: Option<Grouping>) -> Result<UsageTotals> {
        Ok(UsageTotals::default())
    }
}
