//! Monthly meters of pages and tokens: reserving, counting, releasing.

use inkstream_core::{
    Error,
    quota::{MonthUsed, QuotaLimits},
};
use inkstream_wire::{ErrorCode, Quotas};

use crate::{columns, error::StoreError};

pub(crate) const OWN_QUOTAS: &str = "SELECT quota_pages, quota_tokens FROM users WHERE id = $1";
/// Inserts a month's row if there is none.
pub(crate) const OPEN: &str = "INSERT INTO user_months (user_id, month) VALUES ($1, $2) ON CONFLICT DO NOTHING";
pub(crate) const METER: &str = "SELECT pages_used, pages_reserved, tokens_used, tokens_reserved FROM user_months
     WHERE user_id = $1 AND month = $2";
/// Reserves $3 pages if the quota of $4 pages allows it and any of the quota of $5 tokens is left. It is one statement, so that
/// of two concurrent ones the second sees what the first has reserved.
pub(crate) const RESERVE_PAGES: &str = "UPDATE user_months SET pages_reserved = pages_reserved + $3
     WHERE user_id = $1 AND month = $2
       AND ($4 IS NULL OR pages_used + pages_reserved + $3 <= $4)
       AND ($5 IS NULL OR tokens_used + tokens_reserved < $5)";
/// Counts a page that has ended: $3 pages (1 if it counts) and $4 tokens were used, $5 tokens had been reserved.
pub(crate) const COUNT_PAGE: &str = "UPDATE user_months
     SET pages_used = pages_used + $3, pages_reserved = pages_reserved - 1,
         tokens_used = tokens_used + $4, tokens_reserved = tokens_reserved - $5
     WHERE user_id = $1 AND month = $2";
/// Releases what the run's open pages have reserved. The same transaction must close them, or they are released twice.
pub(crate) const RELEASE: &str = "UPDATE user_months
     SET pages_reserved = pages_reserved
             - (SELECT COUNT(*) FROM run_pages WHERE run_id = $1 AND status = 'running'),
         tokens_reserved = tokens_reserved
             - (SELECT CAST(COALESCE(SUM(reserved_tokens), 0) AS BIGINT) FROM run_pages
                WHERE run_id = $1 AND status = 'running')
     WHERE (user_id, month) = (SELECT r.user_id, r.month FROM runs r WHERE r.id = $1)";

/// Seconds after which callers should retry when only reservations are in the way: a page takes about as long.
const RETRY_AFTER: u64 = 5;

/// Reserves $3 more tokens, or releases some, if the quota of $4 tokens allows it.
pub(crate) const RESERVE_TOKENS: &str = "UPDATE user_months SET tokens_reserved = tokens_reserved + $3
     WHERE user_id = $1 AND month = $2
       AND ($3 <= 0 OR $4 IS NULL OR tokens_used + tokens_reserved + $3 <= $4)";

#[derive(sqlx::FromRow)]
pub(crate) struct OwnQuotas {
    quota_pages: Option<i64>,
    quota_tokens: Option<i64>,
}

impl OwnQuotas {
    pub(crate) fn parse(&self) -> Quotas {
        Quotas { pages: columns::parse_quota(self.quota_pages), tokens: columns::parse_quota(self.quota_tokens) }
    }

    /// The limits of the user: its own quotas, and the operator's defaults (`operators`) where it has none.
    pub(crate) fn limits(&self, operators: QuotaLimits) -> QuotaLimits {
        operators.with(self.parse())
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct MeterRow {
    pages_used: i64,
    pages_reserved: i64,
    tokens_used: i64,
    tokens_reserved: i64,
}

impl MeterRow {
    pub(crate) fn parse(&self) -> MonthUsed {
        MonthUsed {
            pages_used: columns::uncount(self.pages_used),
            pages_reserved: columns::uncount(self.pages_reserved),
            tokens_used: columns::uncount(self.tokens_used),
            tokens_reserved: columns::uncount(self.tokens_reserved),
        }
    }

    /// Says which quota kept [`RESERVE_PAGES`] from reserving the pages.
    pub(crate) fn pages_error(&self, limits: QuotaLimits, pages: u64) -> StoreError {
        let meter = self.parse();
        match (limits.pages, limits.tokens) {
            (Some(limit), _) if meter.pages_used + meter.pages_reserved + pages > limit => {
                let detail = format!(
                    "The month's quota of pages is {limit}, with {} used and {} reserved: {pages} more do not fit.",
                    meter.pages_used, meter.pages_reserved
                );
                exceeded(detail, meter.pages_used + pages <= limit)
            }
            (_, limit) => {
                let limit = limit.unwrap_or(0);
                let detail = format!(
                    "The month's quota of tokens is {limit}, with {} used and {} reserved: none are left.",
                    meter.tokens_used, meter.tokens_reserved
                );
                exceeded(detail, meter.tokens_used < limit)
            }
        }
    }

    /// Says why [`RESERVE_TOKENS`] could not reserve the tokens.
    pub(crate) fn tokens_error(&self, limit: u64, tokens: i64) -> StoreError {
        let meter = self.parse();
        let detail = format!(
            "The month's quota of tokens is {limit}, with {} used and {} reserved: the {tokens} that a page may need do \
             not fit.",
            meter.tokens_used, meter.tokens_reserved
        );
        exceeded(detail, meter.tokens_used + columns::uncount(tokens) <= limit)
    }
}

/// `temporary`: only reservations are in the way, which may be released in a moment.
fn exceeded(detail: String, temporary: bool) -> StoreError {
    let error = Error::new(ErrorCode::QuotaExceeded, detail);
    StoreError::Domain(if temporary { error.retry_after(RETRY_AFTER) } else { error })
}
