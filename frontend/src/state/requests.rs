//! Bookkeeping of concurrent requests: one at a time, or only the newest.

use std::{cell::Cell, rc::Rc};

/// The state of a request that may be made again while it is pending.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum PendingRequest {
    /// No request is pending.
    #[default]
    Idle,
    /// A request is pending.
    Once,
    /// The request was made again meanwhile, so the pending answer may be outdated.
    Again,
}

impl PendingRequest {
    /// Makes the request. Returns whether to send it now.
    pub(crate) fn ask(&mut self) -> bool {
        let idle = *self == Self::Idle;
        *self = if idle { Self::Once } else { Self::Again };
        idle
    }

    /// Handles the answer. Returns whether to send the request once more.
    pub(crate) fn answered(&mut self) -> bool {
        let again = *self == Self::Again;
        *self = if again { Self::Once } else { Self::Idle };
        again
    }
}

/// Numbers requests. Answers to requests before the newest are outdated.
#[derive(Debug, Clone, Default)]
pub(crate) struct Newest(Rc<Cell<u64>>);

/// A numbered request.
#[derive(Debug, Clone)]
pub(crate) struct NumberedRequest {
    newest: Newest,
    number: u64,
}

impl Newest {
    /// Starts a request, which makes all earlier ones outdated.
    pub(crate) fn ask(&self) -> NumberedRequest {
        let number = self.0.get() + 1;
        self.0.set(number);
        NumberedRequest { newest: self.clone(), number }
    }
}

impl NumberedRequest {
    /// Whether this is still the newest request.
    pub(crate) fn is_newest(&self) -> bool {
        self.newest.0.get() == self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_made_while_one_is_pending_is_sent_once_more() {
        let mut asking = PendingRequest::default();
        assert!(asking.ask());
        assert!(!asking.ask() && !asking.ask(), "two are never on their way");
        assert!(asking.answered(), "the answer may be older than the question");
        assert!(!asking.answered());
        assert!(asking.ask());
    }

    #[test]
    fn only_the_newest_request_is_current_in_any_order_of_answers() {
        let newest = Newest::default();
        let (first, second) = (newest.ask(), newest.ask());
        assert!(second.is_newest() && !first.is_newest());
        let third = newest.clone().ask();
        assert_eq!([&first, &second, &third].map(NumberedRequest::is_newest), [false, false, true]);
    }
}
