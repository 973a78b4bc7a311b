//! Requests for the ledger: the caller's, or for admins that of all users.

use inkstream_wire::{Grouping, UsageEvent, UsageSummary, routes};

use super::{call::Call, call::get};
use crate::state::Failure;

/// The number of rows in a part. A part with fewer rows is the last.
const ROWS: usize = 200;

/// The owner of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ledger {
    Mine,
    All,
}

impl Ledger {
    const fn rows(self) -> &'static str {
        match self {
            Self::Mine => routes::USAGE,
            Self::All => routes::ADMIN_USAGE,
        }
    }

    const fn totals(self) -> &'static str {
        match self {
            Self::Mine => routes::USAGE_SUMMARY,
            Self::All => routes::ADMIN_USAGE_SUMMARY,
        }
    }
}

/// A part of the ledger, newest first, and the start of the next part.
pub(crate) async fn usage(
    ledger: Ledger,
    before: Option<String>,
) -> Result<(Vec<UsageEvent>, Option<String>), Failure> {
    let rows: Vec<UsageEvent> = get(&paged(ledger.rows(), "before", before.as_deref())).await?;
    let next = rows.last().filter(|_| rows.len() >= ROWS).map(|row| row.id.to_string());
    Ok((rows, next))
}

/// The totals with their groups.
pub(crate) async fn usage_summary(ledger: Ledger, by: Grouping) -> Result<UsageSummary, Failure> {
    let by = match by {
        Grouping::Day => "day",
        Grouping::Model => "model",
        Grouping::Key => "key",
        Grouping::User => "user",
    };
    get(&format!("{}?by={by}", ledger.totals())).await
}

/// The newest rows as CSV.
pub(crate) async fn usage_csv(ledger: Ledger) -> Result<String, Failure> {
    let response = Call::get(&format!("{}?format=csv", ledger.rows())).send().await?;
    response.text().await.map_err(|_| Failure::Broken)
}

/// The URL of a list's next part.
pub(super) fn paged(path: &str, field: &str, from: Option<&str>) -> String {
    match from {
        Some(from) => format!("{path}?{field}={}", js_sys::encode_uri_component(from)),
        None => path.to_owned(),
    }
}
