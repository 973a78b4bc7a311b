//! Pruning: the pages of runs whose document was deleted, and ledger rows that are too old.

use std::collections::BTreeMap;

use async_trait::async_trait;
use inkstream_core::{Result, ports::Retention};
use jiff::Timestamp;
use sqlx::QueryBuilder;

use crate::{
    counters::{self, COUNTERS, Counters},
    database::{Database, read, transaction},
    ledger::DAY_MILLISECONDS,
};

/// Runs whose pages one transaction deletes. Few, because each may have as many pages as a document, and SQLite's other
/// writers wait.
const RUNS_PER_TRANSACTION: i64 = 10;

/// Selects closed runs whose document was deleted. Nothing else uses the document's id of a closed run, so that clearing it
/// marks the run as done.
const WITHOUT_DOCUMENT: &str = "SELECT r.id FROM runs r
     WHERE r.document_id IS NOT NULL AND r.status <> 'running'
       AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.id = r.document_id)
     ORDER BY r.id LIMIT $1";

#[derive(sqlx::FromRow)]
struct PrunedRow {
    user_id: String,
    created_at: i64,
    model: String,
    key_id: Option<String>,
    pages_done: i64,
    #[sqlx(flatten)]
    counters: Counters,
    cost: Option<f64>,
}

/// Sums over the runs of one user, day, model and key.
#[derive(Default)]
struct Sums {
    events: i64,
    pages_done: i64,
    counters: Counters,
    cost: Option<f64>,
}

impl Sums {
    fn add(&mut self, row: &PrunedRow) {
        self.events += 1;
        self.pages_done += row.pages_done;
        self.counters.add(row.counters);
        self.cost = match (self.cost, row.cost) {
            (Some(sum), Some(cost)) => Some(sum + cost),
            (sum, cost) => sum.or(cost),
        };
    }
}

#[async_trait]
impl Retention for Database {
    async fn prune_run_pages(&self, limit: u32) -> Result<u64> {
        let mut pruned = 0;
        while pruned < u64::from(limit) {
            let ids: Vec<String> = read!(self, |pool| {
                sqlx::query_scalar(WITHOUT_DOCUMENT).bind(RUNS_PER_TRANSACTION).fetch_all(pool).await?
            });
            if ids.is_empty() {
                break;
            }
            transaction!(self, |tx| {
                for id in &ids {
                    sqlx::query("UPDATE runs SET document_id = NULL WHERE id = $1").bind(id).execute(&mut *tx).await?;
                    sqlx::query("DELETE FROM run_pages WHERE run_id = $1").bind(id).execute(&mut *tx).await?;
                }
            });
            pruned += ids.len() as u64;
        }
        Ok(pruned)
    }

    /// Deletes rows before it adds them up, so that of two servers that prune at once each counts only the rows that it deleted.
    async fn prune_usage(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let before = before.as_millisecond();
        // Usually there is none. Look with a reader, and leave the one connection that writes to others.
        let any: bool = read!(self, |pool| {
            sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM runs WHERE created_at < $1 AND document_id IS NULL AND status <> 'running')",
            )
            .bind(before)
            .fetch_one(pool)
            .await?
        });
        if !any {
            return Ok(0);
        }
        Ok(transaction!(self, |tx| {
            let mut query = QueryBuilder::new("DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE created_at < ");
            query.push_bind(before).push(" AND document_id IS NULL AND status <> 'running' ORDER BY created_at LIMIT ");
            query.push_bind(i64::from(limit)).push(") RETURNING user_id, created_at, model, key_id, pages_done, ");
            query.push(counters::names()).push(", cost");
            let rows: Vec<PrunedRow> = query.build_query_as().fetch_all(&mut *tx).await?;
            let mut days = BTreeMap::<(&str, i64, &str, &str), Sums>::new();
            for row in &rows {
                let day = (
                    &*row.user_id,
                    row.created_at / DAY_MILLISECONDS,
                    &*row.model,
                    row.key_id.as_deref().unwrap_or_default(),
                );
                days.entry(day).or_default().add(row);
            }
            // The map's order is the same on every server, so that two of them cannot deadlock.
            for ((user, day, model, key), sums) in days {
                let mut query = QueryBuilder::new("INSERT INTO usage_days AS u (user_id, day, model, key_id, events, ");
                query.push("pages_done, cost, ").push(counters::names()).push(") VALUES (");
                let mut values = query.separated(", ");
                values.push_bind(user).push_bind(day).push_bind(model).push_bind(key);
                values.push_bind(sums.events).push_bind(sums.pages_done).push_bind(sums.cost);
                for (_, value) in sums.counters.columns() {
                    values.push_bind(value);
                }
                query.push(
                    ") ON CONFLICT (user_id, day, model, key_id) DO UPDATE
                     SET events = u.events + excluded.events, pages_done = u.pages_done + excluded.pages_done,
                         cost = COALESCE(u.cost + excluded.cost, u.cost, excluded.cost)",
                );
                for column in COUNTERS {
                    query.push(format_args!(", {column} = u.{column} + excluded.{column}"));
                }
                query.build().execute(&mut *tx).await?;
            }
            rows.len() as u64
        }))
    }
}
