//! Monthly quotas of pages and tokens.
//!
//! Pages are reserved as a run begins, tokens as a page starts; what is reserved becomes what was used as the page ends,
//! and the rest is released as the run is settled, also by the sweeper. So a quota holds however many requests come at
//! once, and no crash eats it.

use inkstream_wire::{ErrorCode, Meter, Period, Quota, QuotaRule, Quotas};
use jiff::{Timestamp, ToSpan as _, civil::DateTime, tz::TimeZone};

use crate::{Error, metrics};

/// A month in UTC, as `year * 100 + month`: 202611.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i64);

impl Month {
    /// The month of a moment.
    pub fn of(now: Timestamp) -> Self {
        let date = TimeZone::UTC.to_datetime(now).date();
        Self(i64::from(date.year()) * 100 + i64::from(date.month()))
    }

    /// The month that a row names.
    pub fn stored(number: i64) -> Self {
        Self(number)
    }

    /// As a row names it.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// The first moments of this month and of the next.
pub(crate) fn bounds(now: Timestamp) -> (Timestamp, Timestamp) {
    let first: DateTime = TimeZone::UTC.to_datetime(now).date().first_of_month().into();
    let next = first.checked_add(1.month()).unwrap_or(DateTime::MAX);
    let moment = |date: DateTime| TimeZone::UTC.to_timestamp(date).unwrap_or(Timestamp::MAX);
    (moment(first), moment(next))
}

/// The operator's quotas; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuotaLimits {
    /// Pages a month.
    pub pages: Option<u64>,
    /// Tokens a month.
    pub tokens: Option<u64>,
}

impl QuotaLimits {
    /// What counts for a user with these settings.
    #[must_use]
    pub fn with(self, own: Quotas) -> Self {
        Self { pages: effective(own.pages, self.pages), tokens: effective(own.tokens, self.tokens) }
    }
}

/// The limit of a quota where the operator's is `default`.
pub fn effective(quota: Quota, default: Option<u64>) -> Option<u64> {
    match quota {
        Quota::Limit(limit) => Some(limit),
        Quota::Rule(QuotaRule::Default) => default,
        Quota::Rule(QuotaRule::Unlimited) => None,
    }
}

/// A user's meter of one month, as the database has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MonthUsed {
    /// Pages read.
    pub pages_used: u64,
    /// Pages of runs that go on.
    pub pages_reserved: u64,
    /// Tokens sent and made.
    pub tokens_used: u64,
    /// Tokens that pages being read may still use.
    pub tokens_reserved: u64,
}

impl MonthUsed {
    /// The same as the wire tells it.
    pub(crate) fn period(self, limits: QuotaLimits, now: Timestamp) -> Period {
        let (starts_at, ends_at) = bounds(now);
        Period {
            starts_at: starts_at.to_string(),
            ends_at: ends_at.to_string(),
            pages: Meter { used: self.pages_used, reserved: self.pages_reserved, limit: limits.pages },
            tokens: Meter { used: self.tokens_used, reserved: self.tokens_reserved, limit: limits.tokens },
        }
    }
}

/// Adds to an error about a quota when that begins anew, and counts it.
pub(crate) fn until_renewed(error: Error, now: Timestamp) -> Error {
    if error.code != ErrorCode::QuotaExceeded {
        return error;
    }
    metrics::quota_refused();
    dated(error, now)
}

/// The same for an error that has been counted, and has lost the date on its way through a stream.
pub(crate) fn dated(error: Error, now: Timestamp) -> Error {
    // Where only reservations are in the way, the database has said how soon they may be gone.
    if error.code != ErrorCode::QuotaExceeded || error.retry_after.is_some() {
        return error;
    }
    error.retry_after(seconds_left(now))
}

/// Seconds until the next month, for `Retry-After`.
fn seconds_left(now: Timestamp) -> u64 {
    let (_, ends_at) = bounds(now);
    u64::try_from(ends_at.duration_since(now).as_secs()).unwrap_or(0).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_ends_where_the_next_begins_also_at_new_year() {
        let now = at("2026-12-31T23:59:59Z");
        assert_eq!(Month::of(now).number(), 202_612);
        assert_eq!(bounds(now), (at("2026-12-01T00:00:00Z"), at("2027-01-01T00:00:00Z")));
        assert_eq!(seconds_left(now), 1);
        assert_eq!(Month::of(at("2027-01-01T00:00:00Z")).number(), 202_701);
    }

    #[test]
    fn a_users_own_quota_counts_before_the_operators() {
        let operators = QuotaLimits { pages: Some(100), tokens: None };
        let own = Quotas { pages: Quota::Rule(QuotaRule::Unlimited), tokens: Quota::Limit(0) };
        assert_eq!(operators.with(own), QuotaLimits { pages: None, tokens: Some(0) });
        assert_eq!(operators.with(Quotas::default()), operators);
    }
}
