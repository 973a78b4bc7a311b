//! The server's side of child processes: starting, pooling, watching, ending and reaping them.

mod pool;
mod process;
mod session;
mod spawner;

pub(crate) use pool::{Lease, Pool};
pub(crate) use session::{ChildError, Deadline, Session};
pub(crate) use spawner::Spawner;

/// What a child does: a metric label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Renders one document's pages.
    Decode,
    /// Recognizes the text of page images with Tesseract.
    Read,
    /// Recognizes the text of page images with PP-OCR.
    Ppocr,
    /// Finds the script of page images.
    Script,
}

impl Role {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Read => "read",
            Self::Ppocr => "ppocr",
            Self::Script => "script",
        }
    }
}

/// Why a child was ended early. It is a metric label, and callers' errors depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The operation exceeded its deadline.
    Deadline,
    /// The child exceeded its memory limit.
    Memory,
    /// The child crashed.
    Crashed,
    /// The child broke the protocol.
    Protocol,
    /// The caller no longer waits for the answer.
    Cancelled,
    /// The child reached its maximum number of operations.
    MaxUses,
    /// The child could not be started.
    Unready,
}

impl Cause {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Memory => "memory",
            Self::Crashed => "crashed",
            Self::Protocol => "protocol",
            Self::Cancelled => "cancelled",
            Self::MaxUses => "worn",
            Self::Unready => "unready",
        }
    }
}
