//! The domain's error: a public code and sentence, and a private cause.

use std::error::Error as StdError;

use inkstream_wire::{ErrorCode, EventError};

/// The private cause of an error. It is logged once, at the boundary, and never sent to a caller.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// An error. `detail` is public: it must not contain secrets, paths or text of a document.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Error {
    /// The public code.
    pub code: ErrorCode,
    /// The public message, a sentence.
    pub detail: String,
    /// The private cause, for the log only.
    #[source]
    pub cause: Option<Cause>,
    /// Seconds after which a retry makes sense (429 and 503).
    pub retry_after: Option<u64>,
    /// The request field that is wrong, if there is one.
    pub field: Option<String>,
}

/// The domain's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error that the caller can understand from `detail` alone.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), cause: None, retry_after: None, field: None }
    }

    /// A bug or a failure of the machine. The cause goes only to the log.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::new(ErrorCode::Internal, "The server failed. The log has the cause under this request's id.")
            .because(cause)
    }

    /// Adds the cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Sets the seconds after which a retry makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Whether a retry may succeed: the database is locked, unreachable or full.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self.code, ErrorCode::Unavailable | ErrorCode::StorageFull)
    }

    /// Names the request field that is wrong. Pass only known field names: a caller's own text must not be repeated.
    #[must_use]
    pub fn of_field(mut self, name: impl Into<String>) -> Self {
        self.field = Some(name.into());
        self
    }

    /// The error as an event of a stream.
    pub fn to_event(&self) -> EventError {
        EventError { code: self.code, message: self.detail.clone() }
    }
}
