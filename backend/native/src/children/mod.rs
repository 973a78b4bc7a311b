//! Child processes, as the server sees them: started by one thread, pooled, watched, ended, reaped.

mod pool;
mod process;
mod session;
mod spawner;

pub(crate) use pool::{Lease, Pool};
pub(crate) use session::{Deadline, Fault, Session};
pub(crate) use spawner::Spawner;

/// What a child does: a metric label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Renders one document's pages.
    Decode,
    /// Reads pictures.
    Read,
}

impl Role {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Read => "read",
        }
    }
}

/// Why a child was ended before its time: a metric label, and what the caller is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It took too long.
    Deadline,
    /// It wanted more memory than it may have.
    Memory,
    /// It died by itself.
    Crashed,
    /// It said what no child says.
    Protocol,
    /// Nobody wants its answer any more.
    Cancelled,
    /// It has worked long enough.
    Worn,
    /// It never became ready.
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
            Self::Worn => "worn",
            Self::Unready => "unready",
        }
    }
}
