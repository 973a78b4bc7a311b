//! Totals of the usage ledger, as a whole and by group.

use inkstream_core::ports::MAX_GROUPS;
use inkstream_wire::{Grouping, UsageGroup, UsageSummary};
use jiff::tz::TimeZone;
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::{
    columns,
    database::{Database, read},
    error::StoreError,
};

const DAY_MILLISECONDS: i64 = 86_400_000;

/// The usage of each run on the ledger, and the daily sums of those that were pruned from it. Dividing integers truncates on
/// both databases.
const USAGE: &str = "SELECT user_id, created_at / 86400000 AS day, model, COALESCE(key_id, '') AS key_id, 1 AS events,
            input_bytes, pages_done, prompt_tokens, completion_tokens, prompt_chars, completion_chars, cost
     FROM runs
     UNION ALL
     SELECT user_id, day, model, key_id, events, input_bytes, pages_done, prompt_tokens, completion_tokens,
            prompt_chars, completion_chars, cost
     FROM usage_days";

#[derive(sqlx::FromRow)]
struct TotalRow {
    events: i64,
    input_bytes: i64,
    pages: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    prompt_chars: i64,
    completion_chars: i64,
    cost: Option<f64>,
}

/// Totals and groups are two statements, so that a run that ends between them is only in the groups.
pub(crate) async fn of(db: &Database, user: Option<Uuid>, by: Option<Grouping>) -> Result<UsageSummary, StoreError> {
    let user = user.map(|user| user.to_string());
    let total: TotalRow = read!(db, |pool| {
        // PostgreSQL's SUM of BIGINT is NUMERIC.
        let mut query = QueryBuilder::new(
            "SELECT CAST(COALESCE(SUM(events), 0) AS BIGINT) AS events,
                    CAST(COALESCE(SUM(input_bytes), 0) AS BIGINT) AS input_bytes,
                    CAST(COALESCE(SUM(pages_done), 0) AS BIGINT) AS pages,
                    CAST(COALESCE(SUM(prompt_tokens), 0) AS BIGINT) AS prompt_tokens,
                    CAST(COALESCE(SUM(completion_tokens), 0) AS BIGINT) AS completion_tokens,
                    CAST(COALESCE(SUM(prompt_chars), 0) AS BIGINT) AS prompt_chars,
                    CAST(COALESCE(SUM(completion_chars), 0) AS BIGINT) AS completion_chars,
                    SUM(cost) AS cost
             FROM (",
        );
        query.push(USAGE).push(") r");
        if let Some(user) = &user {
            query.push(" WHERE user_id = ").push_bind(user);
        }
        query.build_query_as().fetch_one(pool).await?
    });
    let groups = match by {
        Some(by) => Some(groups(db, user.as_deref(), by).await?),
        None => None,
    };
    let (prompt_tokens, completion_tokens) =
        (columns::uncount(total.prompt_tokens), columns::uncount(total.completion_tokens));
    Ok(UsageSummary {
        events: columns::uncount(total.events),
        input_bytes: columns::uncount(total.input_bytes),
        pages: columns::uncount(total.pages),
        prompt_tokens,
        completion_tokens,
        total_tokens: prompt_tokens + completion_tokens,
        prompt_chars: columns::uncount(total.prompt_chars),
        completion_chars: columns::uncount(total.completion_chars),
        cost: total.cost,
        groups,
    })
}

#[derive(sqlx::FromRow)]
struct GroupRow {
    /// The group's key; for a day its number since 1970.
    #[sqlx(rename = "group_key")]
    key: String,
    label: Option<String>,
    events: i64,
    pages: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    cost: Option<f64>,
}

impl GroupRow {
    fn parse(self, by: Grouping) -> Result<UsageGroup, StoreError> {
        Ok(UsageGroup {
            group: if by == Grouping::Day { date(&self.key)? } else { self.key },
            label: self.label,
            events: columns::uncount(self.events),
            pages: columns::uncount(self.pages),
            prompt_tokens: columns::uncount(self.prompt_tokens),
            completion_tokens: columns::uncount(self.completion_tokens),
            cost: self.cost,
        })
    }
}

async fn groups(db: &Database, user: Option<&str>, by: Grouping) -> Result<Vec<UsageGroup>, StoreError> {
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
    let rows: Vec<GroupRow> = read!(db, |pool| {
        let mut query = QueryBuilder::new("SELECT CAST(");
        query.push(column).push(" AS TEXT) AS group_key, ").push(label);
        query.push(
            " AS label, CAST(SUM(r.events) AS BIGINT) AS events,
             CAST(SUM(r.pages_done) AS BIGINT) AS pages,
             CAST(SUM(r.prompt_tokens) AS BIGINT) AS prompt_tokens,
             CAST(SUM(r.completion_tokens) AS BIGINT) AS completion_tokens,
             SUM(r.cost) AS cost
             FROM (",
        );
        query.push(USAGE).push(") r ").push(join);
        if let Some(user) = user {
            query.push(" WHERE r.user_id = ").push_bind(user);
        }
        query.push(" GROUP BY ").push(column).push(" ORDER BY ").push(order);
        query.push(" LIMIT ").push_bind(i64::from(MAX_GROUPS));
        query.build_query_as().fetch_all(pool).await?
    });
    rows.into_iter().map(|row| row.parse(by)).collect()
}

/// Formats the date of a day's number since 1970.
fn date(day: &str) -> Result<String, StoreError> {
    let midnight = day.parse::<i64>().ok().and_then(|day| day.checked_mul(DAY_MILLISECONDS));
    let midnight = columns::time(midnight.ok_or_else(|| StoreError::corrupt("runs.created_at"))?, "runs.created_at")?;
    Ok(TimeZone::UTC.to_datetime(midnight).date().to_string())
}
