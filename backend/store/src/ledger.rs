//! The usage ledger: runs, as their owner is told of them.

use inkstream_wire::{RunId, RunKind, RunStatus, UsageEvent, UsageId, UsageSummary};
use uuid::Uuid;

use crate::{
    database::{Database, read},
    fault::Fault,
    words::{self, Word},
};

/// The ledger's row of one run.
pub(crate) const ROW_OF_RUN: &str = "SELECT * FROM runs WHERE id = $1";

#[derive(sqlx::FromRow)]
pub(crate) struct LedgerRow {
    id: String,
    usage_id: String,
    kind: String,
    model: String,
    engine: String,
    status: String,
    input_bytes: i64,
    pages_done: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    prompt_chars: i64,
    completion_chars: i64,
    estimated: bool,
    cost: Option<f64>,
    created_at: i64,
    ended_at: Option<i64>,
}

impl LedgerRow {
    pub(crate) fn parse(self) -> Result<UsageEvent, Fault> {
        // A run that goes on has no length yet; a clock that was set back gives none either.
        let milliseconds = self.ended_at.map_or(0, |ended_at| ended_at.saturating_sub(self.created_at).max(0));
        Ok(UsageEvent {
            id: UsageId(words::id(&self.usage_id, "runs.usage_id")?),
            run_id: RunId(words::id(&self.id, "runs.id")?),
            kind: RunKind::parse(&self.kind, "runs.kind")?,
            model: self.model,
            engine: self.engine,
            status: RunStatus::parse(&self.status, "runs.status")?,
            input_bytes: words::uncount(self.input_bytes),
            pages: words::small(self.pages_done, "runs.pages_done")?,
            prompt_tokens: words::uncount(self.prompt_tokens),
            completion_tokens: words::uncount(self.completion_tokens),
            prompt_chars: words::uncount(self.prompt_chars),
            completion_chars: words::uncount(self.completion_chars),
            estimated: self.estimated,
            cost: self.cost,
            created_at: words::rfc3339(self.created_at, "runs.created_at")?,
            seconds: milliseconds as f64 / 1000.0,
        })
    }
}

pub(crate) async fn latest(
    db: &Database,
    user: Uuid,
    before: Option<UsageId>,
    limit: u32,
) -> Result<Vec<UsageEvent>, Fault> {
    let user = user.to_string();
    // Rows of one instant are told apart by their ids, so that pages neither repeat a row nor lose one.
    let rows: Vec<LedgerRow> = match before {
        None => read!(db, |pool| {
            sqlx::query_as("SELECT * FROM runs WHERE user_id = $1 ORDER BY created_at DESC, usage_id DESC LIMIT $2")
                .bind(&user)
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await?
        }),
        Some(before) => read!(db, |pool| {
            let at: Option<i64> =
                sqlx::query_scalar("SELECT created_at FROM runs WHERE usage_id = $1 AND user_id = $2")
                    .bind(before.to_string())
                    .bind(&user)
                    .fetch_optional(pool)
                    .await?;
            // The row that a page ended with never changes its time, so this needs no snapshot.
            let Some(at) = at else { return Err(Fault::not_found("row on the ledger")) };
            sqlx::query_as(
                "SELECT * FROM runs WHERE user_id = $1 AND (created_at, usage_id) < ($2, $3)
                 ORDER BY created_at DESC, usage_id DESC LIMIT $4",
            )
            .bind(&user)
            .bind(at)
            .bind(before.to_string())
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?
        }),
    };
    rows.into_iter().map(LedgerRow::parse).collect()
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    events: i64,
    input_bytes: i64,
    pages: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    prompt_chars: i64,
    completion_chars: i64,
    cost: Option<f64>,
}

pub(crate) async fn summary(db: &Database, user: Uuid) -> Result<UsageSummary, Fault> {
    let row: SummaryRow = read!(db, |pool| {
        // PostgreSQL's SUM of BIGINT is NUMERIC.
        sqlx::query_as(
            "SELECT COUNT(*) AS events,
                    CAST(COALESCE(SUM(input_bytes), 0) AS BIGINT) AS input_bytes,
                    CAST(COALESCE(SUM(pages_done), 0) AS BIGINT) AS pages,
                    CAST(COALESCE(SUM(prompt_tokens), 0) AS BIGINT) AS prompt_tokens,
                    CAST(COALESCE(SUM(completion_tokens), 0) AS BIGINT) AS completion_tokens,
                    CAST(COALESCE(SUM(prompt_chars), 0) AS BIGINT) AS prompt_chars,
                    CAST(COALESCE(SUM(completion_chars), 0) AS BIGINT) AS completion_chars,
                    SUM(cost) AS cost
             FROM runs WHERE user_id = $1",
        )
        .bind(user.to_string())
        .fetch_one(pool)
        .await?
    });
    let (prompt_tokens, completion_tokens) = (words::uncount(row.prompt_tokens), words::uncount(row.completion_tokens));
    Ok(UsageSummary {
        events: words::uncount(row.events),
        input_bytes: words::uncount(row.input_bytes),
        pages: words::uncount(row.pages),
        prompt_tokens,
        completion_tokens,
        total_tokens: prompt_tokens + completion_tokens,
        prompt_chars: words::uncount(row.prompt_chars),
        completion_chars: words::uncount(row.completion_chars),
        cost: row.cost,
    })
}
