//! Whether the images of an encrypted PDF can be fetched.

use inkstream_wire::ErrorCode;

use crate::state::Failure;

/// Whether a document requires a password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Lock {
    /// It requires none, or the password is known.
    #[default]
    Open,
    /// Not known yet.
    Unknown,
    /// It requires a password; with the number of wrong ones.
    Locked(u32),
}

impl Lock {
    /// The state after the request of an image. A failure for another reason than the password leaves a known state and makes an unknown one
    /// open, so that images are requested as of any document.
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
    fn a_refused_image_locks_and_the_password_unlocks() {
        let locked = Lock::Unknown.after(&refused(ErrorCode::PasswordRequired));
        assert_eq!(locked, Lock::Locked(0));
        assert_eq!(locked.after(&refused(ErrorCode::WrongPassword)), Lock::Locked(1));
        assert_eq!(locked.after(&Err(Failure::Unreachable)), Lock::Locked(0));
        assert_eq!(locked.after(&Ok(())), Lock::Open);
    }

    #[test]
    fn an_image_that_fails_for_another_reason_does_not_lock() {
        assert_eq!(Lock::Unknown.after(&refused(ErrorCode::Unavailable)), Lock::Open);
        assert_eq!(Lock::Unknown.after(&Err(Failure::Unreachable)), Lock::Open);
    }
}
