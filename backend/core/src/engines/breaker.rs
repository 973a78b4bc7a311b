//! A circuit breaker: an engine that only fails is left alone for a while, so that its callers hear so at once.
//!
//! Own code, since the breakers on crates.io read the system's clock, which no test can turn.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Failures in a row that open it.
const FAILURES: u32 = 5;
/// How long it is open at first, and at most: each trial that fails doubles it.
const OPEN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(1));

/// The breaker of one engine.
#[derive(Debug)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// All may ask.
    Closed { failures: u32 },
    /// Nobody may, until then.
    Open { until: Instant, length: Duration },
    /// One asks, for all.
    HalfOpen { length: Duration },
}

/// Leave to ask the engine. Dropped without a word, it was as if nothing had been asked.
#[derive(Debug)]
pub(crate) struct BreakerPermit<'a> {
    breaker: &'a Breaker,
    /// Whether this is the one that asks for all.
    decides: bool,
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::Closed { failures: 0 }))
    }

    /// Leave to ask, or how long there will be none.
    pub(super) fn admit(&self) -> Result<BreakerPermit<'_>, Duration> {
        let mut state = self.state();
        match *state {
            State::Closed { .. } => Ok(BreakerPermit { breaker: self, decides: false }),
            State::Open { until, length } => {
                let left = until.saturating_duration_since(Instant::now());
                if !left.is_zero() {
                    return Err(left);
                }
                *state = State::HalfOpen { length };
                Ok(BreakerPermit { breaker: self, decides: true })
            }
            State::HalfOpen { .. } => Err(OPEN.0),
        }
    }

    /// Whether the engine is left alone, or is being tried after that. Once its time is over, the next page tells.
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
    /// The engine answers: nobody has to wait for the answer's end to ask it, too.
    pub(super) fn answers(&mut self) {
        if std::mem::take(&mut self.decides) {
            *self.breaker.state() = State::Closed { failures: 0 };
        }
    }

    /// The engine works.
    pub(crate) fn succeeded(mut self) {
        self.decides = false;
        *self.breaker.state() = State::Closed { failures: 0 };
    }

    /// The engine failed.
    pub(super) fn failed(mut self) {
        let mut state = self.breaker.state();
        let opened = |length: Duration| State::Open { until: Instant::now() + length, length };
        *state = match *state {
            State::HalfOpen { length } if self.decides => opened((length * 2).min(OPEN.1)),
            State::Closed { failures } if failures + 1 < FAILURES => State::Closed { failures: failures + 1 },
            State::Closed { .. } => opened(OPEN.0),
            // Asked before it opened: known already.
            state @ (State::Open { .. } | State::HalfOpen { .. }) => state,
        };
        drop(state);
        self.decides = false;
    }
}

impl Drop for BreakerPermit<'_> {
    fn drop(&mut self) {
        if self.decides {
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
    async fn after_a_while_one_asks_for_all_and_closes_it() {
        let breaker = opened();
        advance(OPEN.0).await;
        let breaker_permit = breaker.admit().unwrap();
        assert!(breaker.admit().is_err());
        breaker_permit.succeeded();
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
    async fn a_trial_that_is_given_up_leaves_the_question_to_the_next() {
        let breaker = opened();
        advance(OPEN.0).await;
        drop(breaker.admit().unwrap());
        breaker.admit().unwrap().succeeded();
        assert!(!breaker.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn answers_that_begin_and_never_end_open_it_too() {
        let breaker = Breaker::new();
        for _ in 0..FAILURES {
            let mut breaker_permit = breaker.admit().unwrap();
            breaker_permit.answers();
            breaker_permit.failed();
        }
        assert!(breaker.is_open());
        advance(OPEN.0).await;
        // Nobody asks it: it is not known to be down any more.
        assert!(!breaker.is_open());
        let mut breaker_permit = breaker.admit().unwrap();
        assert!(breaker.admit().is_err());
        breaker_permit.answers();
        assert!(breaker.admit().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_asked_before_it_opened_changes_nothing_by_failing_after() {
        let breaker = opened();
        let late = BreakerPermit { breaker: &breaker, decides: false };
        advance(OPEN.0).await;
        let breaker_permit = breaker.admit().unwrap();
        late.failed();
        breaker_permit.succeeded();
        assert!(!breaker.is_open());
    }
}
