use async_trait::async_trait;
use inkstream_wire::{ApiKeyId, Grouping, RunId, RunKind, RunStatus, Usage, UsageId};
use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

use crate::Result;

/// The maximum number of groups of one summary.
pub const MAX_GROUPS: u32 = 400;

/// A row of the usage ledger: a run and what it used, also when it failed or was aborted.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageRecord {
    /// The row.
    pub id: UsageId,
    /// The run.
    pub run_id: RunId,
    /// The interface through which the run was requested.
    pub kind: RunKind,
    /// The model that was requested.
    pub model: String,
    /// The engine that serves it.
    pub engine: String,
    /// The run's state.
    pub status: RunStatus,
    /// Pages read, including those with missing text.
    pub pages: u32,
    /// Tokens, characters and bytes. Its own `pages` is `None`.
    pub usage: Usage,
    /// What that costs, in the operator's currency; `None` where no price is set.
    pub cost: Option<f64>,
    /// When the run began.
    pub created_at: Timestamp,
    /// When it ended; `None` while it is running.
    pub ended_at: Option<Timestamp>,
    /// The API key with which it was requested.
    pub key_id: Option<ApiKeyId>,
    /// The user's name, only on the ledger of all users; `None` for a deleted account.
    pub username: Option<String>,
}

impl UsageRecord {
    /// How long the run took, in seconds: 0 while it is running, and if the clock was set back during it.
    pub fn seconds(&self) -> f64 {
        let milliseconds = self.ended_at.map_or(0, |ended_at| ended_at.duration_since(self.created_at).as_millis());
        milliseconds.max(0) as f64 / 1000.0
    }
}

/// Sums over rows of the ledger.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct UsageSums {
    /// The number of rows.
    pub events: u64,
    /// Pages read.
    pub pages: u64,
    /// Tokens, characters and bytes. Its own `pages` is `None`.
    pub usage: Usage,
    /// The cost; `None` where no price is set.
    pub cost: Option<f64>,
}

/// The ledger's totals.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageTotals {
    /// The sums of all rows.
    pub total: UsageSums,
    /// The sums of each group, if a grouping was requested.
    pub groups: Option<Vec<UsageGroupRecord>>,
}

/// The sums of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageGroupRecord {
    /// What the group's rows have in common.
    pub key: GroupKey,
    /// The name of the key or user, while it exists.
    pub label: Option<String>,
    /// The sums.
    pub sums: UsageSums,
}

/// What the rows of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupKey {
    /// The day (UTC) on which the runs began.
    Day(Date),
    /// The model.
    Model(String),
    /// The API key; `None` for runs without one.
    Key(Option<ApiKeyId>),
    /// The user.
    User(Uuid),
}

/// The usage ledger. Each method is one transaction; errors as [`super::Store`] says.
#[async_trait]
pub trait UsageLedger: Send + Sync {
    /// The ledger of a user, or (`None`) of all users with their names; latest first, those before the row `before`.
    async fn usage(&self, user: Option<Uuid>, before: Option<UsageId>, limit: u32) -> Result<Vec<UsageRecord>>;
    /// The totals of a user, or of all users; with `by` also divided into at most [`MAX_GROUPS`] groups: days latest
    /// first, others by pages, most first.
    async fn usage_summary(&self, user: Option<Uuid>, by: Option<Grouping>) -> Result<UsageTotals>;
}

/// Deletion of what is too old. Each method is one transaction or several; errors as [`super::Store`] says.
#[async_trait]
pub trait Retention: Send + Sync {
    /// Deletes the `run_pages` of at most `limit` closed runs whose document was deleted. Returns how many runs.
    async fn prune_run_pages(&self, limit: u32) -> Result<u64>;
    /// Removes at most `limit` closed runs that began before `before`, and whose documents were deleted, from the ledger; its
    /// totals stay. Returns how many.
    async fn prune_usage(&self, before: Timestamp, limit: u32) -> Result<u64>;
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;

    use super::*;

    #[test]
    fn a_run_takes_no_time_while_it_is_running_or_if_the_clock_was_set_back() {
        let record = |ended_at| UsageRecord {
            id: UsageId(Uuid::nil()),
            run_id: RunId(Uuid::nil()),
            kind: RunKind::Pdf,
            model: String::new(),
            engine: String::new(),
            status: RunStatus::Ok,
            pages: 0,
            usage: Usage::default(),
            cost: None,
            created_at: Timestamp::UNIX_EPOCH,
            ended_at,
            key_id: None,
            username: None,
        };
        let seconds = |milliseconds: i64| record(Some(Timestamp::UNIX_EPOCH + milliseconds.milliseconds())).seconds();
        assert_eq!((seconds(10_123), seconds(-5), record(None).seconds()), (10.123, 0.0, 0.0));
    }
}
