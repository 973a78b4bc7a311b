//! Whether an encrypted PDF lets its pictures be seen.

use inkstream_wire::ErrorCode;

use crate::state::Failure;

/// What is known of a document's lock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Lock {
    /// There is none, or its password is known.
    #[default]
    Open,
    /// Nobody has asked yet.
    Unknown,
    /// It asks for a password; so many were wrong.
    Locked(u32),
}

impl Lock {
    /// What is known once a picture was asked for. One that failed for another reason than a password says nothing of
    /// the lock: where none is known, pictures are tried as those of any document are.
    pub(crate) fn after(self, answer: &Result<(), Failure>) -> Self {
        let Err(failure) = answer else { return Self::Open };
        match (self, failure.code()) {
            (Self::Locked(wrong), Some(ErrorCode::WrongPassword)) => Self::Locked(wrong + 1),
            (Self::Locked(wrong), _) => Self::Locked(wrong),
            _ if failure.asks_for_password() => Self::Locked(0),
            _ => Self::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use inkstream_wire::EventError;

    use super::*;

    fn refused(code: ErrorCode) -> Result<(), Failure> {
        Err(Failure::Event(EventError { code, message: String::new() }))
    }

    #[test]
    fn a_refused_picture_locks_and_the_password_opens() {
        let locked = Lock::Unknown.after(&refused(ErrorCode::PasswordRequired));
        assert_eq!(locked, Lock::Locked(0));
        assert_eq!(locked.after(&refused(ErrorCode::WrongPassword)), Lock::Locked(1));
        assert_eq!(locked.after(&Err(Failure::Unreachable)), Lock::Locked(0));
        assert_eq!(locked.after(&Ok(())), Lock::Open);
    }

    #[test]
    fn a_picture_that_is_refused_for_another_reason_locks_nothing() {
        assert_eq!(Lock::Unknown.after(&refused(ErrorCode::Unavailable)), Lock::Open);
        assert_eq!(Lock::Unknown.after(&Err(Failure::Unreachable)), Lock::Open);
    }
}
