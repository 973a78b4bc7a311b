//! Implements the `Store` port. Each method is one transaction, in the module of its noun.

use async_trait::async_trait;
use inkstream_content::PageContent;
use inkstream_core::{
    Result,
    owner::Owner,
    ports::{
        Begun, BlobKey, ExpiredDocument, NewDocument, NewRun, PageResult, Settlement, Store, StoredDocument,
        UsageRecord, Written,
    },
    quota::QuotaLimits,
};
use inkstream_wire::{Document, DocumentId, Grouping, Page, RunId, UsageEvent, UsageId, UsageSummary};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    database::{Database, read},
    documents,
    error::StoreError,
    ledger, page_content, pages, retention, runs, summary, usage_meters,
};

#[async_trait]
impl Store for Database {
    async fn ping(&self) -> Result<()> {
        Ok(ping(self).await?)
    }

    async fn add_document(&self, document: NewDocument) -> Result<()> {
        Ok(documents::add(self, document).await?)
    }

    async fn document(&self, owner: &Owner, id: DocumentId, now: Timestamp) -> Result<StoredDocument> {
        Ok(documents::one(self, owner, id, now).await?)
    }

    async fn owner_of(&self, id: DocumentId, now: Timestamp) -> Result<Owner> {
        Ok(documents::owner_of(self, id, now).await?)
    }

    async fn documents(&self, owner: &Owner, now: Timestamp, limit: u32) -> Result<Vec<Document>> {
        Ok(documents::latest(self, owner, now, limit).await?)
    }

    async fn pages(&self, id: DocumentId) -> Result<Vec<Page>> {
        Ok(pages::of_document(self, id).await?)
    }

    async fn page(&self, id: DocumentId, page: u32) -> Result<Page> {
        Ok(pages::one(self, id, page).await?)
    }

    async fn page_content(&self, id: DocumentId, page: u32) -> Result<Option<PageContent>> {
        Ok(page_content::of_page(self, id, page).await?)
    }

    async fn correct_page(&self, id: DocumentId, page: u32, text: Option<&str>, now: Timestamp) -> Result<()> {
        Ok(pages::correct(self, id, page, text, now).await?)
    }

    async fn delete_document(&self, id: DocumentId) -> Result<BlobKey> {
        Ok(documents::delete(self, id).await?)
    }

    async fn expired_documents(&self, now: Timestamp, limit: u32) -> Result<Vec<ExpiredDocument>> {
        Ok(documents::expired(self, now, limit).await?)
    }

    async fn postpone_deletion(&self, id: DocumentId, retry_at: Timestamp) -> Result<()> {
        Ok(documents::postpone_deletion(self, id, retry_at).await?)
    }

    async fn stuck_documents(&self) -> Result<u64> {
        Ok(documents::stuck(self).await?)
    }

    async fn expire_transient(&self, now: Timestamp) -> Result<u64> {
        Ok(documents::expire_transient(self, now).await?)
    }

    async fn unknown_blobs(&self, keys: &[BlobKey]) -> Result<Vec<BlobKey>> {
        Ok(documents::unknown_blobs(self, keys).await?)
    }

    async fn begin_run(&self, run: NewRun) -> Result<Begun> {
        Ok(runs::begin(self, run).await?)
    }

    async fn reserve_tokens(&self, run: RunId, page: u32, tokens: u64, quota: QuotaLimits) -> Result<()> {
        Ok(usage_meters::reserve_tokens(self, run, page, tokens, quota).await?)
    }

    async fn finish_page(&self, page: PageResult) -> Result<Written> {
        Ok(pages::finish(self, page).await?)
    }

    async fn settle_run(&self, settlement: Settlement) -> Result<UsageRecord> {
        Ok(runs::settle(self, settlement).await?)
    }

    async fn extend_leases(&self, runs: &[RunId], until: Timestamp) -> Result<u64> {
        Ok(runs::extend_leases(self, runs, until).await?)
    }

    async fn lapsed_runs(&self, now: Timestamp, but_boot: Option<Uuid>) -> Result<Vec<RunId>> {
        Ok(runs::lapsed(self, now, but_boot).await?)
    }

    async fn settle_lapsed(&self, run: RunId, now: Timestamp, but_boot: Option<Uuid>) -> Result<bool> {
        Ok(runs::settle_lapsed(self, run, now, but_boot).await?)
    }

    async fn prune_run_pages(&self, limit: u32) -> Result<u64> {
        Ok(retention::prune_run_pages(self, limit).await?)
    }

    async fn prune_usage(&self, before: Timestamp, limit: u32) -> Result<u64> {
        Ok(retention::prune_usage(self, before, limit).await?)
    }

    async fn usage(&self, user: Option<Uuid>, before: Option<UsageId>, limit: u32) -> Result<Vec<UsageEvent>> {
        Ok(ledger::latest(self, user, before, limit).await?)
    }

    async fn usage_summary(&self, user: Option<Uuid>, by: Option<Grouping>) -> Result<UsageSummary> {
        Ok(summary::of(self, user, by).await?)
    }
}

async fn ping(db: &Database) -> Result<(), StoreError> {
    read!(db, |pool| sqlx::query("SELECT 1").execute(pool).await.map(drop)?);
    Ok(())
}

#[cfg(test)]
mod tests;
