//! Pruning: the pages of runs whose document was deleted, and ledger rows that are too old.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    database::{Database, read, transaction},
    error::StoreError,
};

/// Runs whose pages one transaction deletes. Few, because each may have as many pages as a document, and SQLite's other
/// writers wait.
const RUNS_PER_TRANSACTION: i64 = 10;
const DAY_MILLISECONDS: i64 = 86_400_000;

/// Selects closed runs whose document was deleted. Nothing else uses the document's id of a closed run, so that clearing it
/// marks the run as done.
const WITHOUT_DOCUMENT: &str = "SELECT r.id FROM runs r
     WHERE r.document_id IS NOT NULL AND r.status <> 'running'
       AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.id = r.document_id)
     ORDER BY r.id LIMIT $1";

pub(crate) async fn prune_run_pages(db: &Database, limit: u32) -> Result<u64, StoreError> {
    let mut pruned = 0;
    while pruned < u64::from(limit) {
        let ids: Vec<String> = read!(db, |pool| {
            sqlx::query_scalar(WITHOUT_DOCUMENT).bind(RUNS_PER_TRANSACTION).fetch_all(pool).await?
        });
        if ids.is_empty() {
            break;
        }
        transaction!(db, |tx| {
            for id in &ids {
                sqlx::query("UPDATE runs SET document_id = NULL WHERE id = $1").bind(id).execute(&mut *tx).await?;
                sqlx::query("DELETE FROM run_pages WHERE run_id = $1").bind(id).execute(&mut *tx).await?;
            }
        });
        pruned += ids.len() as u64;
    }
    Ok(pruned)
}

#[derive(sqlx::FromRow)]
struct PrunedRow {
    user_id: String,
    created_at: i64,
    model: String,
    key_id: Option<String>,
    input_bytes: i64,
    pages_done: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    prompt_chars: i64,
    completion_chars: i64,
    cost: Option<f64>,
}

/// Sums over the runs of one user, day, model and key.
#[derive(Default)]
struct Sums {
    events: i64,
    input_bytes: i64,
    pages_done: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    prompt_chars: i64,
    completion_chars: i64,
    cost: Option<f64>,
}

impl Sums {
    fn add(&mut self, row: &PrunedRow) {
        self.events += 1;
        self.input_bytes += row.input_bytes;
        self.pages_done += row.pages_done;
        self.prompt_tokens += row.prompt_tokens;
        self.completion_tokens += row.completion_tokens;
        self.prompt_chars += row.prompt_chars;
        self.completion_chars += row.completion_chars;
        self.cost = match (self.cost, row.cost) {
            (Some(sum), Some(cost)) => Some(sum + cost),
            (sum, cost) => sum.or(cost),
        };
    }
}

/// Deletes rows before it adds them up, so that of two servers that prune at once each counts only the rows that it deleted.
pub(crate) async fn prune_usage(db: &Database, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let before = before.as_millisecond();
    // Usually there is none. Look with a reader, and leave the one connection that writes to others.
    let any: bool = read!(db, |pool| {
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
    Ok(transaction!(db, |tx| {
        let rows: Vec<PrunedRow> = sqlx::query_as(
            "DELETE FROM runs WHERE id IN (
                 SELECT id FROM runs WHERE created_at < $1 AND document_id IS NULL AND status <> 'running'
                 ORDER BY created_at LIMIT $2
             )
             RETURNING user_id, created_at, model, key_id, input_bytes, pages_done, prompt_tokens, completion_tokens,
                       prompt_chars, completion_chars, cost",
        )
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(&mut *tx)
        .await?;
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
            sqlx::query(
                "INSERT INTO usage_days AS u (user_id, day, model, key_id, events, input_bytes, pages_done, prompt_tokens,
                                              completion_tokens, prompt_chars, completion_chars, cost)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                 ON CONFLICT (user_id, day, model, key_id) DO UPDATE
                 SET events = u.events + excluded.events, input_bytes = u.input_bytes + excluded.input_bytes,
                     pages_done = u.pages_done + excluded.pages_done,
                     prompt_tokens = u.prompt_tokens + excluded.prompt_tokens,
                     completion_tokens = u.completion_tokens + excluded.completion_tokens,
                     prompt_chars = u.prompt_chars + excluded.prompt_chars,
                     completion_chars = u.completion_chars + excluded.completion_chars,
                     cost = COALESCE(u.cost + excluded.cost, u.cost, excluded.cost)",
            )
            .bind(user)
            .bind(day)
            .bind(model)
            .bind(key)
            .bind(sums.events)
            .bind(sums.input_bytes)
            .bind(sums.pages_done)
            .bind(sums.prompt_tokens)
            .bind(sums.completion_tokens)
            .bind(sums.prompt_chars)
            .bind(sums.completion_chars)
            .bind(sums.cost)
            .execute(&mut *tx)
            .await?;
        }
        rows.len() as u64
    }))
}
