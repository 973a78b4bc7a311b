//! Failures of requests.

use inkstream_wire::{ErrorCode, EventError, Problem};

/// A failed request or run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The server refused with a problem and, if given, the seconds until a retry.
    Problem(Box<Problem>, Option<u32>),
    /// The run failed after it had begun.
    Event(EventError),
    /// The request did not reach the server.
    Unreachable,
    /// The stream broke off before its end.
    Broken,
    /// An answer with this HTTP status and without a problem.
    Answer(u16),
}

impl Failure {
    /// The code, if the server sent one.
    pub(crate) fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Problem(problem, _) => Some(problem.code),
            Self::Event(error) => Some(error.code),
            Self::Unreachable | Self::Broken | Self::Answer(_) => None,
        }
    }

    /// Whether the server requires a valid token.
    pub(crate) fn is_unauthorized(&self) -> bool {
        self.code() == Some(ErrorCode::Unauthorized) || *self == Self::Answer(401)
    }

    /// Whether a PDF's password is missing or wrong.
    pub(crate) fn asks_for_password(&self) -> bool {
        matches!(self.code(), Some(ErrorCode::PasswordRequired | ErrorCode::WrongPassword))
    }

    /// Whether an engine failed or is unavailable, so that another one may succeed.
    pub(crate) fn is_engines(&self) -> bool {
        match self {
            Self::Problem(problem, _) => engines_fault(problem.code, &problem.detail),
            Self::Event(error) => engines_fault(error.code, &error.message),
            Self::Unreachable | Self::Broken | Self::Answer(_) => false,
        }
    }

    /// What the server said of it, in a sentence.
    pub(crate) fn detail(&self) -> Option<&str> {
        match self {
            Self::Problem(problem, _) => Some(problem.detail.as_str()).filter(|detail| !detail.is_empty()),
            _ => None,
        }
    }

    /// The request's id, to be quoted to the operator.
    pub(crate) fn request_id(&self) -> Option<&str> {
        match self {
            Self::Problem(problem, _) => Some(problem.request_id.as_str()).filter(|id| !id.is_empty()),
            _ => None,
        }
    }
}

/// Whether the fault is an engine's. What is unavailable may be the server itself; only its words tell.
pub(crate) fn engines_fault(code: ErrorCode, detail: &str) -> bool {
    match code {
        ErrorCode::EngineFailed | ErrorCode::EngineUnreachable | ErrorCode::EngineTimeout => true,
        ErrorCode::Unavailable => detail.to_lowercase().contains("engine"),
        _ => false,
    }
}
