//! The usage ledger: runs, as their owner or an admin sees them.

use inkstream_wire::{ApiKeyId, RunId, RunKind, RunStatus, UsageEvent, UsageId};
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::{
    columns::{self, SqlEnum},
    database::{Database, read},
    error::StoreError,
};

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
    key_id: Option<String>,
    /// Only in the ledger of all users, which joins it.
    #[sqlx(default)]
    username: Option<String>,
}

impl LedgerRow {
    pub(crate) fn parse(self) -> Result<UsageEvent, StoreError> {
        // The duration is 0 while a run goes on, and also if the clock was set back during it.
        let milliseconds = self.ended_at.map_or(0, |ended_at| ended_at.saturating_sub(self.created_at).max(0));
        Ok(UsageEvent {
            id: UsageId(columns::id(&self.usage_id, "runs.usage_id")?),
            run_id: RunId(columns::id(&self.id, "runs.id")?),
            kind: RunKind::parse(&self.kind, "runs.kind")?,
            model: self.model,
            engine: self.engine,
            status: RunStatus::parse(&self.status, "runs.status")?,
            input_bytes: columns::uncount(self.input_bytes),
            pages: columns::small(self.pages_done, "runs.pages_done")?,
            prompt_tokens: columns::uncount(self.prompt_tokens),
            completion_tokens: columns::uncount(self.completion_tokens),
            prompt_chars: columns::uncount(self.prompt_chars),
            completion_chars: columns::uncount(self.completion_chars),
            estimated: self.estimated,
            cost: self.cost,
            created_at: columns::rfc3339(self.created_at, "runs.created_at")?,
            seconds: milliseconds as f64 / 1000.0,
            key_id: self.key_id.map(|id| columns::id(&id, "runs.key_id").map(ApiKeyId)).transpose()?,
            username: self.username,
        })
    }
}

pub(crate) async fn latest(
    db: &Database,
    user: Option<Uuid>,
    before: Option<UsageId>,
    limit: u32,
) -> Result<Vec<UsageEvent>, StoreError> {
    let user = user.map(|user| user.to_string());
    let before = before.map(|before| before.to_string());
    let rows: Vec<LedgerRow> = read!(db, |pool| {
        let mut query = match &user {
            Some(user) => {
                let mut query = QueryBuilder::new("SELECT r.* FROM runs r WHERE r.user_id = ");
                query.push_bind(user);
                query
            }
            None => {
                QueryBuilder::new("SELECT r.*, u.username FROM runs r LEFT JOIN users u ON u.id = r.user_id WHERE TRUE")
            }
        };
        if let Some(before) = &before {
            let cursor: Option<(i64, String)> =
                sqlx::query_as("SELECT created_at, user_id FROM runs WHERE usage_id = $1")
                    .bind(before)
                    .fetch_optional(pool)
                    .await?;
            // A row's time never changes, so that looking it up first needs no snapshot.
            let at = match (cursor, &user) {
                (Some((at, owner)), Some(user)) if owner == *user => at,
                (Some((at, _)), None) => at,
                _ => return Err(StoreError::not_found("row on the ledger")),
            };
            query.push(" AND (r.created_at, r.usage_id) < (").push_bind(at).push(", ").push_bind(before).push(")");
        }
        // Order rows of the same instant by their ids, so that pages neither repeat a row nor lose one.
        query.push(" ORDER BY r.created_at DESC, r.usage_id DESC LIMIT ").push_bind(i64::from(limit));
        query.build_query_as().fetch_all(pool).await?
    });
    rows.into_iter().map(LedgerRow::parse).collect()
}
