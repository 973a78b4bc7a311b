//! A circuit breaker: while an engine keeps failing, callers get an error at once instead of a request that would fail.
//!
//! Written here because the breakers on crates.io read the system clock, which tests cannot advance.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Consecutive failures that open the breaker.
const FAILURES: u32 = 5;
/// How long the breaker stays open: the first time, and the maximum. Each failed trial doubles the time.
const OPEN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(1));

#[derive(Debug)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Every request is admitted.
    Closed { failures: u32 },
    /// No request is admitted before `until`.
    Open { until: Instant, length: Duration },
    /// One trial request decides whether the breaker closes or opens again.
    HalfOpen { length: Duration },
}

/// Permission for one request. Dropping it without a report counts neither as success nor as failure.
#[derive(Debug)]
pub(crate) struct BreakerPermit<'a> {
    breaker: &'a Breaker,
    /// Whether this is the trial request of a half-open breaker.
    is_trial: bool,
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::Closed { failures: 0 }))
    }

    /// Admits a request, or returns how long none will be admitted.
    pub(super) fn admit(&self) -> Result<BreakerPermit<'_>, Duration> {
        let mut state = self.state();
        match *state {
            State::Closed { .. } => Ok(BreakerPermit { breaker: self, is_trial: false }),
            State::Open { until, length } => {
                let left = until.saturating_duration_since(Instant::now());
                if !left.is_zero() {
                    return Err(left);
                }
                *state = State::HalfOpen { length };
                Ok(BreakerPermit { breaker: self, is_trial: true })
            }
            State::HalfOpen { .. } => Err(OPEN.0),
        }
    }

    /// Whether requests are rejected, or a trial is under way. An open breaker whose time is over does not count as open:
    /// the next request is the trial.
    pub(super) fn is_open(&self) -> bool {
        match *self.state() {
            State::Closed { .. } => false,
            State::Open { until, .. } => Instant::now() < until,
            State::HalfOpen { .. } => true,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BreakerPermit<'_> {
    /// The engine has begun to answer: close the breaker now, so that other requests need not wait for the answer's end.
    pub(super) fn answering(&mut self) {
        if std::mem::take(&mut self.is_trial) {
            *self.breaker.state() = State::Closed { failures: 0 };
        }
    }

    /// The request succeeded.
    pub(crate) fn succeeded(mut self) {
        self.is_trial = false;
        *self.breaker.state() = State::Closed { failures: 0 };
    }

    /// The request failed.
    pub(super) fn failed(mut self) {
        let mut state = self.breaker.state();
        let opened = |length: Duration| State::Open { until: Instant::now() + length, length };
        *state = match *state {
            State::HalfOpen { length } if self.is_trial => opened((length * 2).min(OPEN.1)),
            State::Closed { failures } if failures + 1 < FAILURES => State::Closed { failures: failures + 1 },
            State::Closed { .. } => opened(OPEN.0),
            // The request was admitted before the breaker opened: its failure is no news.
            state @ (State::Open { .. } | State::HalfOpen { .. }) => state,
        };
        drop(state);
        self.is_trial = false;
    }
}

impl Drop for BreakerPermit<'_> {
    fn drop(&mut self) {
        if self.is_trial {
            let mut state = self.breaker.state();
            if let State::HalfOpen { length } = *state {
                *state = State::Open { until: Instant::now(), length };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn opened() -> Breaker {
        let breaker = Breaker::new();
        (0..FAILURES).for_each(|_| breaker.admit().unwrap().failed());
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_it_and_a_success_between_them_does_not() {
        let breaker = Breaker::new();
        for _ in 0..3 {
            (1..FAILURES).for_each(|_| breaker.admit().unwrap().failed());
            breaker.admit().unwrap().succeeded();
        }
        assert!(!breaker.is_open());
        assert_eq!(opened().admit().unwrap_err(), OPEN.0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_succeeds_closes_it_and_is_the_only_request_until_then() {
        let breaker = opened();
        advance(OPEN.0).await;
        let permit = breaker.admit().unwrap();
        assert!(breaker.admit().is_err());
        permit.succeeded();
        assert!(breaker.admit().is_ok() && !breaker.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_fails_opens_it_for_longer_up_to_a_minute() {
        let breaker = opened();
        for expected in [10, 20, 40, 60, 60] {
            let left = breaker.admit().unwrap_err();
            advance(left).await;
            breaker.admit().unwrap().failed();
            assert_eq!(breaker.admit().unwrap_err(), Duration::from_secs(expected));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_is_dropped_leaves_the_decision_to_the_next_request() {
        let breaker = opened();
        advance(OPEN.0).await;
        drop(breaker.admit().unwrap());
        breaker.admit().unwrap().succeeded();
        assert!(!breaker.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn answers_that_begin_and_then_fail_open_it_too() {
        let breaker = Breaker::new();
        for _ in 0..FAILURES {
            let mut permit = breaker.admit().unwrap();
            permit.answering();
            permit.failed();
        }
        assert!(breaker.is_open());
        advance(OPEN.0).await;
        // The open time is over and no trial has begun.
        assert!(!breaker.is_open());
        let mut permit = breaker.admit().unwrap();
        assert!(breaker.admit().is_err());
        permit.answering();
        assert!(breaker.admit().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_admitted_before_it_opened_changes_nothing_by_failing_later() {
        let breaker = opened();
        let late = BreakerPermit { breaker: &breaker, is_trial: false };
        advance(OPEN.0).await;
        let permit = breaker.admit().unwrap();
        late.failed();
        permit.succeeded();
        assert!(!breaker.is_open());
    }
}
