//! One question at a time.

/// Where a question stands that may be asked again while its answer is on its way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Nobody asks.
    #[default]
    Idle,
    /// The answer is on its way.
    Once,
    /// It was asked again meanwhile: the answer that comes may tell how things stood before.
    Again,
}

impl Asking {
    /// Asks; whether that is to be sent now.
    pub(crate) fn ask(&mut self) -> bool {
        let idle = *self == Self::Idle;
        *self = if idle { Self::Once } else { Self::Again };
        idle
    }

    /// The answer has come; whether to send the question once more.
    pub(crate) fn answered(&mut self) -> bool {
        let again = *self == Self::Again;
        *self = if again { Self::Once } else { Self::Idle };
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_while_an_answer_is_on_its_way_is_asked_once_more() {
        let mut asking = Asking::default();
        assert!(asking.ask());
        assert!(!asking.ask() && !asking.ask(), "two are never on their way");
        assert!(asking.answered(), "the answer may be older than the question");
        assert!(!asking.answered());
        assert!(asking.ask());
    }
}
