//! Whether and when a page is tried again, and by which engine: the one place that decides it.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

use crate::ports::{EngineError, EngineErrorKind};

/// The shortest and the longest wait before another attempt.
const WAIT: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// What comes after a failed attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The same engine, after so long.
    Again(Duration),
    /// The next engine, at once.
    Fallback,
    /// Nothing: the page failed.
    Nothing,
}

/// What is left of a page's attempts.
#[derive(Debug)]
pub(super) struct Attempts {
    left: u32,
    /// Engines that come after this one: each keeps an attempt.
    fallbacks: u32,
    waits: ExponentialBackoff,
}

impl Attempts {
    /// A page with so many attempts in all (at least one) by an engine and so many stand-ins.
    pub(super) fn new(max: u32, fallbacks: usize) -> Self {
        let fallbacks = u32::try_from(fallbacks).unwrap_or(u32::MAX);
        let waits =
            ExponentialBuilder::new().with_min_delay(WAIT.0).with_max_delay(WAIT.1).with_jitter().without_max_times();
        Self { left: max.max(fallbacks.saturating_add(1)), fallbacks, waits: waits.build() }
    }

    /// An attempt begins. Whether it is the last one.
    pub(super) fn begin(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left == 0
    }

    /// What comes after this failure. `late`: the engine has worked at the page for as long as it may.
    pub(super) fn after(&mut self, error: &EngineError, late: bool) -> Next {
        if late || self.left <= self.fallbacks || is_final(error.kind) || (self.fallbacks > 0 && is_away(error.kind)) {
            return self.fallback();
        }
        let wait = match error.kind {
            // Asking anew, warmer, needs no wait.
            EngineErrorKind::Invalid | EngineErrorKind::Repetition => Duration::ZERO,
            _ => self.waits.next().unwrap_or(WAIT.1).max(error.retry_after.unwrap_or_default()),
        };
        if wait > WAIT.1 { self.fallback() } else { Next::Again(wait) }
    }

    /// What comes while the engine is left alone for so long, since it only fails: a run of which pages have been
    /// `answered` waits, one that begins hears it at once.
    pub(super) fn left_alone(&mut self, answered: bool, wait: Duration) -> Next {
        if answered && self.fallbacks == 0 && wait <= WAIT.1 { Next::Again(wait) } else { self.fallback() }
    }

    fn fallback(&mut self) -> Next {
        if self.fallbacks == 0 {
            return Next::Nothing;
        }
        self.fallbacks -= 1;
        Next::Fallback
    }
}

/// What the same engine would answer again.
fn is_final(kind: EngineErrorKind) -> bool {
    matches!(kind, EngineErrorKind::Refused | EngineErrorKind::TooComplex | EngineErrorKind::Crashed)
}

/// What another engine had better be asked about at once.
fn is_away(kind: EngineErrorKind) -> bool {
    kind == EngineErrorKind::Unreachable
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: EngineErrorKind) -> EngineError {
        EngineError::new(kind, "No.")
    }

    fn again(next: &Next) -> bool {
        matches!(next, Next::Again(wait) if *wait >= WAIT.0 && *wait <= WAIT.1)
    }

    #[test]
    fn three_attempts_are_all_there_are_and_the_last_one_knows_it() {
        let mut attempts = Attempts::new(3, 0);
        let mut lasts = Vec::new();
        let next = loop {
            lasts.push(attempts.begin());
            let next = attempts.after(&error(EngineErrorKind::Failed), false);
            if !again(&next) {
                break next;
            }
        };
        assert_eq!((lasts, next), (vec![false, false, true], Next::Nothing));
    }

    #[test]
    fn a_stand_in_gets_the_last_attempt_and_one_that_cannot_be_reached_is_left_at_once() {
        let mut attempts = Attempts::new(3, 1);
        attempts.begin();
        assert!(again(&attempts.after(&error(EngineErrorKind::Timeout), false)));
        attempts.begin();
        assert_eq!(attempts.after(&error(EngineErrorKind::Timeout), false), Next::Fallback);
        assert!(attempts.begin());
        let mut away = Attempts::new(3, 1);
        away.begin();
        assert_eq!(away.after(&error(EngineErrorKind::Unreachable), false), Next::Fallback);
    }

    #[test]
    fn an_engine_that_has_had_its_time_is_not_asked_again() {
        let mut attempts = Attempts::new(3, 1);
        attempts.begin();
        assert_eq!(attempts.after(&error(EngineErrorKind::Timeout), true), Next::Fallback);
        assert_eq!(attempts.after(&error(EngineErrorKind::Timeout), true), Next::Nothing);
    }

    #[test]
    fn what_would_be_answered_again_is_not_asked_again() {
        for kind in [EngineErrorKind::Refused, EngineErrorKind::TooComplex, EngineErrorKind::Crashed] {
            let mut attempts = Attempts::new(3, 0);
            attempts.begin();
            assert_eq!(attempts.after(&error(kind), false), Next::Nothing);
        }
    }

    #[test]
    fn an_engine_that_says_when_to_come_again_is_waited_for_if_that_is_soon() {
        let busy =
            |seconds| EngineError { retry_after: Some(Duration::from_secs(seconds)), ..error(EngineErrorKind::Busy) };
        let mut attempts = Attempts::new(3, 0);
        attempts.begin();
        assert!(matches!(attempts.after(&busy(7), false), Next::Again(wait) if wait >= Duration::from_secs(7)));
        attempts.begin();
        assert_eq!(attempts.after(&busy(600), false), Next::Nothing);
    }

    #[test]
    fn an_engine_that_is_left_alone_is_waited_for_only_in_mid_run() {
        let soon = Duration::from_secs(5);
        assert_eq!(Attempts::new(3, 0).left_alone(false, soon), Next::Nothing);
        assert_eq!(Attempts::new(3, 0).left_alone(true, soon), Next::Again(soon));
        assert_eq!(Attempts::new(3, 1).left_alone(true, soon), Next::Fallback);
    }
}
