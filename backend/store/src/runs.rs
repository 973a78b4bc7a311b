//! Runs: beginning them, renewing their leases, settling them.

use async_trait::async_trait;
use inkstream_core::{
    Result,
    ports::{Begun, NewRun, RunStore, Settlement, UsageRecord},
};
use inkstream_wire::{RunId, RunStatus};
use jiff::Timestamp;
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::{
    columns::{self, SqlEnum},
    database::{Database, insert, read, transaction},
    error::StoreError,
    ledger::{self, LedgerRow},
    usage_meters::{self, MeterRow, OwnQuotas},
};

/// Pages per statement: PostgreSQL takes at most 65,535 parameters, SQLite 32,766.
const PAGES_PER_STATEMENT: usize = 1_000;
/// Runs per statement, for the same reason.
const RUNS_PER_STATEMENT: usize = 500;

/// Closes the pages that a run left open. The document's own pages keep their state, because nothing of this run was written
/// to them. `closed` is a status of its own, which distinguishes a result that comes too late from one that comes twice.
const CLOSE_RUN_PAGES: &str =
    "UPDATE run_pages SET status = 'closed', finished_at = $2 WHERE run_id = $1 AND status = 'running'";

/// The condition for runs that have lapsed at $1, or belong to another boot than $2. If $2 is null, the comparison with it is
/// never true, so that only the lease counts.
macro_rules! lapsed {
    () => {
        "status = 'running' AND (lease_until < $1 OR boot <> $2)"
    };
}

#[async_trait]
impl RunStore for Database {
    async fn begin_run(&self, run: NewRun) -> Result<Begun> {
        let id = run.id.to_string();
        let document = run.document.to_string();
        let user = run.owner.user.to_string();
        let session = columns::session(&run.owner);
        let created_at = run.created_at.as_millisecond();
        let key = run.owner.key.map(|key| key.to_string());
        let pages = run.pages.len() as u64;
        let limits = transaction!(self, |tx| {
            let owned: Option<i64> = sqlx::query_scalar(
                "SELECT pages FROM documents
                 WHERE id = $1 AND user_id = $2 AND COALESCE(session, '') = $3 AND expires_at > $4",
            )
            .bind(&document)
            .bind(&user)
            .bind(session.as_deref().unwrap_or_default())
            .bind(created_at)
            .fetch_optional(&mut *tx)
            .await?;
            if owned.is_none() {
                return Err(StoreError::not_found("document"));
            }
            insert!(tx, "runs", {
                id: &id,
                usage_id: run.usage_id.to_string(),
                user_id: &user,
                session: &session,
                document_id: &document,
                kind: run.kind.as_sql(),
                model: &run.model,
                engine: &run.engine,
                status: RunStatus::Running.as_sql(),
                input_bytes: columns::count(run.input_bytes),
                created_at: created_at,
                boot: run.boot.to_string(),
                lease_until: run.lease_until.as_millisecond(),
                key_id: &key,
                month: run.month.number(),
            });
            let mut inserted = 0;
            for pages in run.pages.chunks(PAGES_PER_STATEMENT) {
                let mut query = QueryBuilder::new("INSERT INTO run_pages (run_id, page, status) SELECT ");
                query.push_bind(&id).push(", page, 'running' FROM pages WHERE document_id = ").push_bind(&document);
                query.push(" AND page IN (");
                let mut list = query.separated(", ");
                for page in pages {
                    list.push_bind(i64::from(*page));
                }
                query.push(")");
                inserted += query.build().persistent(false).execute(&mut *tx).await?.rows_affected();
            }
            if inserted != pages {
                return Err(StoreError::not_found("page"));
            }

            if run.ends_document {
                sqlx::query("UPDATE documents SET transient = TRUE, expires_at = $2 WHERE id = $1")
                    .bind(&document)
                    .bind(run.lease_until.as_millisecond())
                    .execute(&mut *tx)
                    .await?;
            }
            let own: Option<OwnQuotas> =
                sqlx::query_as(usage_meters::OWN_QUOTAS).bind(&user).fetch_optional(&mut *tx).await?;
            let limits = own.ok_or_else(|| StoreError::not_found("user"))?.limits(run.quota);
            sqlx::query(usage_meters::OPEN).bind(&user).bind(run.month.number()).execute(&mut *tx).await?;
            let reserved = sqlx::query(usage_meters::RESERVE_PAGES)
                .bind(&user)
                .bind(run.month.number())
                .bind(columns::count(pages))
                .bind(limits.pages.map(columns::limit))
                .bind(limits.tokens.map(columns::limit))
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if reserved == 0 {
                let meter: Option<MeterRow> = sqlx::query_as(usage_meters::METER)
                    .bind(&user)
                    .bind(run.month.number())
                    .fetch_optional(&mut *tx)
                    .await?;
                // A missing row means that the user was deleted in the meantime.
                return Err(
                    meter.map_or_else(|| StoreError::not_found("user"), |meter| meter.pages_error(limits, pages))
                );
            }
            limits
        });
        Ok(Begun { reserves_tokens: limits.tokens.is_some() })
    }

    async fn settle_run(&self, settlement: Settlement) -> Result<UsageRecord> {
        let id = settlement.run.to_string();
        let ended_at = settlement.ended_at.as_millisecond();
        let row: Option<LedgerRow> = transaction!(self, |tx| {
            let closed = sqlx::query("UPDATE runs SET status = $2, ended_at = $3 WHERE id = $1 AND status = 'running'")
                .bind(&id)
                .bind(settlement.status.as_sql())
                .bind(ended_at)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if closed > 0 {
                sqlx::query(usage_meters::RELEASE).bind(&id).execute(&mut *tx).await?;
                sqlx::query(CLOSE_RUN_PAGES).bind(&id).bind(ended_at).execute(&mut *tx).await?;
            }
            sqlx::query_as(ledger::ROW_OF_RUN).bind(&id).fetch_optional(&mut *tx).await?
        });
        Ok(row.ok_or_else(|| StoreError::not_found("run"))?.parse()?)
    }

    async fn extend_leases(&self, runs: &[RunId], until: Timestamp) -> Result<u64> {
        Ok(transaction!(self, |tx| {
            let mut extended = 0;
            for runs in runs.chunks(RUNS_PER_STATEMENT) {
                let mut query = QueryBuilder::new("UPDATE runs SET lease_until = ");
                query.push_bind(until.as_millisecond()).push(" WHERE status = 'running' AND id IN (");
                let mut list = query.separated(", ");
                for run in runs {
                    list.push_bind(run.to_string());
                }
                query.push(")");
                extended += query.build().persistent(false).execute(&mut *tx).await?.rows_affected();
                // Extend the documents of runs that have ended, too: their readers may look at the pages' images as long as the
                // run's task lives.
                let mut query = QueryBuilder::new("UPDATE documents SET expires_at = ");
                query.push_bind(until.as_millisecond());
                query.push(" WHERE transient AND id IN (SELECT document_id FROM runs WHERE id IN (");
                let mut list = query.separated(", ");
                for run in runs {
                    list.push_bind(run.to_string());
                }
                query.push("))");
                query.build().persistent(false).execute(&mut *tx).await?;
            }
            extended
        }))
    }

    async fn lapsed_runs(&self, now: Timestamp, but_boot: Option<Uuid>) -> Result<Vec<RunId>> {
        // Usually there is none. Look with a reader, and leave the one connection that writes to others.
        let ids: Vec<String> = read!(self, |pool| {
            sqlx::query_scalar(concat!("SELECT id FROM runs WHERE ", lapsed!(), " ORDER BY id"))
                .bind(now.as_millisecond())
                .bind(but_boot.map(|boot| boot.to_string()))
                .fetch_all(pool)
                .await?
        });
        ids.iter().map(|id| Ok(RunId(columns::id(id, "runs.id")?))).collect()
    }

    /// Settles one run per transaction, so that one that cannot be settled does not keep the others open.
    async fn settle_lapsed(&self, run: RunId, now: Timestamp, but_boot: Option<Uuid>) -> Result<bool> {
        let id = run.to_string();
        let now = now.as_millisecond();
        let settled = transaction!(self, |tx| {
            let settled =
                sqlx::query(concat!("UPDATE runs SET status = $4, ended_at = $1 WHERE id = $3 AND ", lapsed!()))
                    .bind(now)
                    .bind(but_boot.map(|boot| boot.to_string()))
                    .bind(&id)
                    .bind(RunStatus::Aborted.as_sql())
                    .execute(&mut *tx)
                    .await?
                    .rows_affected();
            if settled > 0 {
                sqlx::query(usage_meters::RELEASE).bind(&id).execute(&mut *tx).await?;
                sqlx::query(CLOSE_RUN_PAGES).bind(&id).bind(now).execute(&mut *tx).await?;
            }
            settled > 0
        });
        Ok(settled)
    }
}
