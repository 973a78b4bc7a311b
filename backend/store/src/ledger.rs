//! The usage ledger: runs as their owner or an admin sees them, and their totals.

use async_trait::async_trait;
use inkstream_core::{
    Result,
    ports::{GroupKey, MAX_GROUPS, UsageGroupRecord, UsageLedger, UsageRecord, UsageSums, UsageTotals},
};
use inkstream_wire::{ApiKeyId, Grouping, RunId, RunKind, RunStatus, UsageId};
use jiff::tz::TimeZone;
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::{
    columns::{self, SqlEnum},
    counters::{self, Counters},
    database::{Database, read},
    error::StoreError,
};

pub(crate) const DAY_MILLISECONDS: i64 = 86_400_000;
pub(crate) const ROW_OF_RUN: &str = "SELECT * FROM runs WHERE id = $1";

#[derive(sqlx::FromRow)]
pub(crate) struct LedgerRow {
    id: String,
    usage_id: String,
    kind: String,
    model: String,
    engine: String,
    status: String,
    pages_done: i64,
    #[sqlx(flatten)]
    counters: Counters,
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
    pub(crate) fn parse(self) -> Result<UsageRecord, StoreError> {
        Ok(UsageRecord {
            id: UsageId(columns::id(&self.usage_id, "runs.usage_id")?),
            run_id: RunId(columns::id(&self.id, "runs.id")?),
            kind: RunKind::parse(&self.kind, "runs.kind")?,
            model: self.model,
            engine: self.engine,
            status: RunStatus::parse(&self.status, "runs.status")?,
            pages: columns::small(self.pages_done, "runs.pages_done")?,
            usage: self.counters.usage(self.estimated),
            cost: self.cost,
            created_at: columns::time(self.created_at, "runs.created_at")?,
            ended_at: columns::optional_time(self.ended_at, "runs.ended_at")?,
            key_id: self.key_id.map(|id| columns::id(&id, "runs.key_id").map(ApiKeyId)).transpose()?,
            username: self.username,
        })
    }
}

#[derive(sqlx::FromRow)]
struct SumsRow {
    events: i64,
    pages: i64,
    #[sqlx(flatten)]
    counters: Counters,
    cost: Option<f64>,
}

impl SumsRow {
    fn parse(&self) -> UsageSums {
        UsageSums {
            events: columns::uncount(self.events),
            pages: columns::uncount(self.pages),
            usage: self.counters.usage(false),
            cost: self.cost,
        }
    }
}

#[derive(sqlx::FromRow)]
struct GroupRow {
    /// The group's key as text; for a day its number since 1970, for runs without an API key empty.
    group_key: String,
    label: Option<String>,
    #[sqlx(flatten)]
    sums: SumsRow,
}

impl GroupRow {
    fn parse(self, by: Grouping) -> Result<UsageGroupRecord, StoreError> {
        let key = match by {
            Grouping::Day => {
                let midnight = self.group_key.parse::<i64>().ok().and_then(|day| day.checked_mul(DAY_MILLISECONDS));
                let midnight = midnight.ok_or_else(|| StoreError::corrupt("runs.created_at"))?;
                GroupKey::Day(TimeZone::UTC.to_datetime(columns::time(midnight, "runs.created_at")?).date())
            }
            Grouping::Model => GroupKey::Model(self.group_key),
            Grouping::Key if self.group_key.is_empty() => GroupKey::Key(None),
            Grouping::Key => GroupKey::Key(Some(ApiKeyId(columns::id(&self.group_key, "runs.key_id")?))),
            Grouping::User => GroupKey::User(columns::id(&self.group_key, "runs.user_id")?),
        };
        Ok(UsageGroupRecord { key, label: self.label, sums: self.sums.parse() })
    }
}

/// The columns of [`SumsRow`] over [`usage`]. PostgreSQL's `SUM` of `BIGINT` is `NUMERIC`.
fn sums() -> String {
    let sum = |column: &str, name: &str| format!("CAST(COALESCE(SUM(r.{column}), 0) AS BIGINT) AS {name}");
    let counters = counters::each(|column| sum(column, column));
    format!("{}, {}, {counters}, SUM(r.cost) AS cost", sum("events", "events"), sum("pages_done", "pages"))
}

/// The table `r` of what each run on the ledger used, and of the daily sums of those that were pruned from it. Dividing integers
/// truncates on both databases.
fn usage() -> String {
    let counters = counters::names();
    format!(
        "(SELECT user_id, created_at / {DAY_MILLISECONDS} AS day, model, COALESCE(key_id, '') AS key_id, 1 AS events,
                 pages_done, {counters}, cost FROM runs
          UNION ALL
          SELECT user_id, day, model, key_id, events, pages_done, {counters}, cost FROM usage_days) r"
    )
}

#[async_trait]
impl UsageLedger for Database {
    async fn usage(&self, user: Option<Uuid>, before: Option<UsageId>, limit: u32) -> Result<Vec<UsageRecord>> {
        let user = user.map(|user| user.to_string());
        let before = before.map(|before| before.to_string());
        let rows: Vec<LedgerRow> = read!(self, |pool| {
            let mut query = match &user {
                Some(user) => {
                    let mut query = QueryBuilder::new("SELECT r.* FROM runs r WHERE r.user_id = ");
                    query.push_bind(user);
                    query
                }
                None => QueryBuilder::new(
                    "SELECT r.*, u.username FROM runs r LEFT JOIN users u ON u.id = r.user_id WHERE TRUE",
                ),
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
        rows.into_iter().map(|row| Ok(row.parse()?)).collect()
    }

    /// Totals and groups are two statements, so that a run that ends between them is only in the groups.
    async fn usage_summary(&self, user: Option<Uuid>, by: Option<Grouping>) -> Result<UsageTotals> {
        let user = user.map(|user| user.to_string());
        let total: SumsRow = read!(self, |pool| {
            let mut query = QueryBuilder::new(format!("SELECT {} FROM {}", sums(), usage()));
            if let Some(user) = &user {
                query.push(" WHERE r.user_id = ").push_bind(user);
            }
            query.build_query_as().fetch_one(pool).await?
        });
        let total = total.parse();
        let Some(by) = by else { return Ok(UsageTotals { total, groups: None }) };

        // The column to group by, the expression of a group's label, its join, and the order of the groups.
        let (column, label, join, order) = match by {
            Grouping::Day => ("r.day", "CAST(NULL AS TEXT)", "", "r.day DESC"),
            Grouping::Model => ("r.model", "CAST(NULL AS TEXT)", "", "pages DESC, group_key"),
            Grouping::Key => {
                ("r.key_id", "MAX(k.name)", "LEFT JOIN api_keys k ON k.id = r.key_id", "pages DESC, group_key")
            }
            Grouping::User => {
                ("r.user_id", "MAX(u.username)", "LEFT JOIN users u ON u.id = r.user_id", "pages DESC, group_key")
            }
        };
        let rows: Vec<GroupRow> = read!(self, |pool| {
            let mut query = QueryBuilder::new(format!(
                "SELECT CAST({column} AS TEXT) AS group_key, {label} AS label, {} FROM {} {join}",
                sums(),
                usage()
            ));
            if let Some(user) = &user {
                query.push(" WHERE r.user_id = ").push_bind(user);
            }
            query.push(format_args!(" GROUP BY {column} ORDER BY {order} LIMIT ")).push_bind(i64::from(MAX_GROUPS));
            query.build_query_as().fetch_all(pool).await?
        });
        let groups = rows.into_iter().map(|row| row.parse(by)).collect::<Result<_, StoreError>>()?;
        Ok(UsageTotals { total, groups: Some(groups) })
    }
}
