//! Of questions that are on their way at once, the one whose answer counts.

use std::{cell::Cell, rc::Rc};

/// Numbers questions. An answer to an older one than the newest comes too late.
#[derive(Debug, Clone, Default)]
pub(crate) struct Newest(Rc<Cell<u64>>);

/// A question.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    newest: Newest,
    number: u64,
}

impl Newest {
    /// Asks a question: answers to all before it count no more.
    pub(crate) fn ask(&self) -> Asked {
        let number = self.0.get() + 1;
        self.0.set(number);
        Asked { newest: self.clone(), number }
    }
}

impl Asked {
    /// Whether no other was asked since.
    pub(crate) fn counts(&self) -> bool {
        self.newest.0.get() == self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_question_counts_in_whatever_order_answers_come() {
        let newest = Newest::default();
        let (first, second) = (newest.ask(), newest.ask());
        assert!(second.counts() && !first.counts());
        let third = newest.clone().ask();
        assert_eq!([&first, &second, &third].map(Asked::counts), [false, false, true]);
    }
}
