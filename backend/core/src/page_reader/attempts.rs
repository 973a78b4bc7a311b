//! The retry policy of a page: whether and when it is tried again, and by which engine. No other module decides this.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

use crate::ports::{EngineError, EngineErrorKind};

/// The minimum and maximum backoff between two attempts.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// What follows a failed attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Retry with the same engine after this delay.
    Retry(Duration),
    /// Try the next engine, without a delay.
    Fallback,
    /// Give up: the page failed.
    GiveUp,
}

/// The attempts that a page has left.
#[derive(Debug)]
pub(super) struct Attempts {
    left: u32,
    /// Engines that can still take over. One attempt is kept for each of them.
    fallbacks: u32,
    backoff: ExponentialBackoff,
}

impl Attempts {
    /// `max` attempts in all, but at least one for the engine and for each of its `fallbacks`.
    pub(super) fn new(max: u32, fallbacks: usize) -> Self {
        let fallbacks = u32::try_from(fallbacks).unwrap_or(u32::MAX);
        let backoff = ExponentialBuilder::new()
            .with_min_delay(BACKOFF.0)
            .with_max_delay(BACKOFF.1)
            .with_jitter()
            .without_max_times();
        Self { left: max.max(fallbacks.saturating_add(1)), fallbacks, backoff: backoff.build() }
    }

    /// Counts an attempt that begins, and returns whether it is the last.
    pub(super) fn begin(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left == 0
    }

    /// What follows this failure. `timed_out`: the engine has used up its time for the page.
    pub(super) fn after(&mut self, error: &EngineError, timed_out: bool) -> Next {
        if timed_out
            || self.left <= self.fallbacks
            || is_permanent(error.kind)
            || (self.fallbacks > 0 && is_unreachable(error.kind))
        {
            return self.fallback();
        }
        let wait = match error.kind {
            // The engine is fine, only its answer is not: retry at once, with a higher temperature.
            EngineErrorKind::Invalid | EngineErrorKind::Repetition => Duration::ZERO,
            _ => self.backoff.next().unwrap_or(BACKOFF.1).max(error.retry_after.unwrap_or_default()),
        };
        if wait > BACKOFF.1 { self.fallback() } else { Next::Retry(wait) }
    }

    /// What follows while the circuit breaker rejects requests for `wait`. A run of which pages were already `answered` waits;
    /// a new run fails at once, so that its caller is not kept waiting for an engine that is down.
    pub(super) fn breaker_open(&mut self, answered: bool, wait: Duration) -> Next {
        if answered && self.fallbacks == 0 && wait <= BACKOFF.1 { Next::Retry(wait) } else { self.fallback() }
    }

    fn fallback(&mut self) -> Next {
        if self.fallbacks == 0 {
            return Next::GiveUp;
        }
        self.fallbacks -= 1;
        Next::Fallback
    }
}

/// Whether a retry with the same engine would fail in the same way.
fn is_permanent(kind: EngineErrorKind) -> bool {
    matches!(kind, EngineErrorKind::Refused | EngineErrorKind::TooComplex | EngineErrorKind::Crashed)
}

/// Whether a fallback should take over without a retry.
fn is_unreachable(kind: EngineErrorKind) -> bool {
    kind == EngineErrorKind::Unreachable
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: EngineErrorKind) -> EngineError {
        EngineError::new(kind, "No.")
    }

    fn is_retry(next: &Next) -> bool {
        matches!(next, Next::Retry(wait) if *wait >= BACKOFF.0 && *wait <= BACKOFF.1)
    }

    #[test]
    fn no_attempt_follows_the_maximum_and_the_last_one_is_marked() {
        let mut attempts = Attempts::new(3, 0);
        let mut lasts = Vec::new();
        let next = loop {
            lasts.push(attempts.begin());
            let next = attempts.after(&error(EngineErrorKind::Failed), false);
            if !is_retry(&next) {
                break next;
            }
        };
        assert_eq!((lasts, next), (vec![false, false, true], Next::GiveUp));
    }

    #[test]
    fn a_fallback_keeps_the_last_attempt_and_replaces_an_unreachable_engine_at_once() {
        let mut attempts = Attempts::new(3, 1);
        attempts.begin();
        assert!(is_retry(&attempts.after(&error(EngineErrorKind::Timeout), false)));
        attempts.begin();
        assert_eq!(attempts.after(&error(EngineErrorKind::Timeout), false), Next::Fallback);
        assert!(attempts.begin());
        let mut unreachable = Attempts::new(3, 1);
        unreachable.begin();
        assert_eq!(unreachable.after(&error(EngineErrorKind::Unreachable), false), Next::Fallback);
    }

    #[test]
    fn an_engine_that_has_used_up_its_time_is_not_retried() {
        let mut attempts = Attempts::new(3, 1);
        attempts.begin();
        assert_eq!(attempts.after(&error(EngineErrorKind::Timeout), true), Next::Fallback);
        assert_eq!(attempts.after(&error(EngineErrorKind::Timeout), true), Next::GiveUp);
    }

    #[test]
    fn permanent_errors_are_not_retried() {
        for kind in [EngineErrorKind::Refused, EngineErrorKind::TooComplex, EngineErrorKind::Crashed] {
            let mut attempts = Attempts::new(3, 0);
            attempts.begin();
            assert_eq!(attempts.after(&error(kind), false), Next::GiveUp);
        }
    }

    #[test]
    fn retry_after_is_honoured_up_to_the_maximum_backoff() {
        let busy =
            |seconds| EngineError { retry_after: Some(Duration::from_secs(seconds)), ..error(EngineErrorKind::Busy) };
        let mut attempts = Attempts::new(3, 0);
        attempts.begin();
        assert!(matches!(attempts.after(&busy(7), false), Next::Retry(wait) if wait >= Duration::from_secs(7)));
        attempts.begin();
        assert_eq!(attempts.after(&busy(600), false), Next::GiveUp);
    }

    #[test]
    fn an_open_breaker_is_waited_for_only_after_the_first_answer() {
        let soon = Duration::from_secs(5);
        assert_eq!(Attempts::new(3, 0).breaker_open(false, soon), Next::GiveUp);
        assert_eq!(Attempts::new(3, 0).breaker_open(true, soon), Next::Retry(soon));
        assert_eq!(Attempts::new(3, 1).breaker_open(true, soon), Next::Fallback);
    }
}
