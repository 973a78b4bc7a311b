//! The domain's error: a public code and sentence, and a private cause.

use std::error::Error as StdError;

use inkstream_wire::{ErrorCode, EventError};

/// Any cause; it is logged once, at the boundary, and never sent to a caller.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// What went wrong. `detail` is public: no secret, no path, no text of a document.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Error {
    /// What went wrong, in one word.
    pub code: ErrorCode,
    /// The same for people, in a sentence.
    pub detail: String,
    /// Why, for the operator's log alone.
    #[source]
    pub cause: Option<Cause>,
    /// After how many seconds another try makes sense (429 and 503).
    pub retry_after: Option<u64>,
    /// The field of the request that is wrong, where one is.
    pub field: Option<String>,
}

/// The domain's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error that the caller can understand from `detail` alone.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), cause: None, retry_after: None, field: None }
    }

    /// A defect or a fault of the machine: the caller learns that it happened, the log why.
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

    /// Says after how many seconds another try makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Whether the same may go well later: the database is locked, away or full.
    pub(crate) fn passes(&self) -> bool {
        matches!(self.code, ErrorCode::Unavailable | ErrorCode::StorageFull)
    }

    /// Names the field of the request that is wrong. It is one of ours: what a caller made up is not repeated.
    #[must_use]
    pub fn of_field(mut self, name: impl Into<String>) -> Self {
        self.field = Some(name.into());
        self
    }

    /// The error as it stands in a stream.
    pub fn to_event(&self) -> EventError {
        EventError { code: self.code, message: self.detail.clone() }
    }
}
