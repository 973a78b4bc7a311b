//! Monthly quotas of pages and tokens.
//!
//! A run reserves its pages when it begins, and a page its tokens when it starts. When a page ends, its reservation is replaced by the
//! actual usage. When the run is settled, also by the sweeper, the rest is released. So a quota holds with concurrent requests, and
//! a crash does not use it up.

use inkstream_wire::{ErrorCode, Quota, QuotaRule, Quotas};
use jiff::{Timestamp, ToSpan as _, civil::DateTime, tz::TimeZone};

use crate::{Error, metrics};

/// A month in UTC, as `year * 100 + month`: 202611.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i64);

impl Month {
    /// The month of a timestamp.
    pub fn at(now: Timestamp) -> Self {
        let date = TimeZone::UTC.to_datetime(now).date();
        Self(i64::from(date.year()) * 100 + i64::from(date.month()))
    }

    /// The month stored in a row.
    pub fn stored(number: i64) -> Self {
        Self(number)
    }

    /// The number that is stored in a row.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// The starts of this month and of the next.
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
    /// The limits of a user with these settings.
    #[must_use]
    pub fn with(self, own: Quotas) -> Self {
        Self { pages: effective(own.pages, self.pages), tokens: effective(own.tokens, self.tokens) }
    }
}

/// The operator's quotas, by kind of user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OperatorQuotas {
    /// The quotas of each user without quotas of their own.
    pub users: QuotaLimits,
    /// The quotas of all anonymous callers together.
    pub anonymous: QuotaLimits,
}

impl OperatorQuotas {
    /// The quotas of this kind of user.
    pub fn limits_for(self, is_anonymous: bool) -> QuotaLimits {
        if is_anonymous { self.anonymous } else { self.users }
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

/// A user's stored usage meter of one month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MonthUsed {
    /// Pages read.
    pub pages_used: u64,
    /// Pages reserved by running runs.
    pub pages_reserved: u64,
    /// Tokens sent and generated.
    pub tokens_used: u64,
    /// Tokens reserved by pages that are being read.
    pub tokens_reserved: u64,
}

/// A user's meter with its limits and the month's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The start of the month (UTC).
    pub starts_at: Timestamp,
    /// The start of the next month.
    pub ends_at: Timestamp,
    /// What was used and reserved.
    pub used: MonthUsed,
    /// What may be used.
    pub limits: QuotaLimits,
}

impl Period {
    pub(crate) fn new(used: MonthUsed, limits: QuotaLimits, now: Timestamp) -> Self {
        let (starts_at, ends_at) = bounds(now);
        Self { starts_at, ends_at, used, limits }
    }
}

/// Adds the time until the quota is renewed to a quota error, and counts the error.
pub(crate) fn until_renewed(error: Error, now: Timestamp) -> Error {
    if error.code != ErrorCode::QuotaExceeded {
        return error;
    }
    metrics::quota_refused();
    dated(error, now)
}

/// As [`until_renewed`], for an error that was counted before, but lost its `retry_after` on its way through a stream.
pub(crate) fn dated(error: Error, now: Timestamp) -> Error {
    // If the quota is short only because of reservations, the store has set `retry_after` already.
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
        assert_eq!(Month::at(now).number(), 202_612);
        assert_eq!(bounds(now), (at("2026-12-01T00:00:00Z"), at("2027-01-01T00:00:00Z")));
        assert_eq!(seconds_left(now), 1);
        assert_eq!(Month::at(at("2027-01-01T00:00:00Z")).number(), 202_701);
    }

    #[test]
    fn a_users_own_quota_takes_precedence_over_the_operators() {
        let operators = QuotaLimits { pages: Some(100), tokens: None };
        let own = Quotas { pages: Quota::Rule(QuotaRule::Unlimited), tokens: Quota::Limit(0) };
        assert_eq!(operators.with(own), QuotaLimits { pages: None, tokens: Some(0) });
        assert_eq!(operators.with(Quotas::default()), operators);
    }
}
