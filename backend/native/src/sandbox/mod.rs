//! What a child gives up before it reads a byte of input: the network, other programs, other processes, files, and more
//! memory, processor time and descriptors than its work needs.
//!
//! Three walls, one behind the other: resource limits, landlock (files), seccomp (calls). Without seccomp a child refuses
//! to work. Without landlock (gVisor, kernels before 5.13) seccomp refuses every opening of a file; a PDF's fonts must
//! then be embedded.

mod calls;
mod death;
mod files;
mod limits;

use std::{fmt, fs, io};

use serde::{Deserialize, Serialize};

pub(crate) use death::{OUT_OF_MEMORY, within_memory};

/// What a child may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Bytes of address space.
    pub address_space: u64,
    /// Bytes of the longest file (memfd) that it may write.
    pub file_size: u64,
    /// Whether it may read the fonts of the system; else it opens no file at all.
    pub fonts: bool,
}

/// Why a child could not give its rights up. It must then not work.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Other threads would keep their rights.
    #[error("the child has {0} threads instead of one")]
    Threads(usize),
    /// A limit was refused.
    #[error("a resource limit was refused: {0}")]
    Limit(#[from] rustix::io::Errno),
    /// The kernel has no seccomp, or refuses it.
    #[error("seccomp was refused: {0}")]
    Seccomp(String),
    /// Landlock is there and failed.
    #[error("landlock failed: {0}")]
    Landlock(String),
    /// Something of the process's own could not be read.
    #[error("the process cannot look at itself: {0}")]
    Io(#[from] io::Error),
}

/// Takes this process's rights, for good. The libraries it needs are loaded before.
pub fn close(allowance: &Allowance) -> Result<(), SandboxError> {
    let threads = fs::read_dir("/proc/self/task")?.count();
    if threads != 1 {
        return Err(SandboxError::Threads(threads));
    }
    limits::apply(allowance)?;
    death::tell_out_of_memory();
    let landlocked = files::close(allowance.fonts)?;
    calls::close(landlocked && allowance.fonts)
}

/// What this machine's kernel offers, for the log at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SandboxReport {
    /// Whether landlock guards files.
    pub landlock: bool,
    /// Whether seccomp guards calls; without it no child works.
    pub seccomp: bool,
}

/// Asks the kernel what it offers.
pub fn sandbox_report() -> SandboxReport {
    SandboxReport { landlock: files::available(), seccomp: calls::available() }
}

impl fmt::Display for SandboxReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.seccomp, self.landlock) {
            (false, _) => "seccomp is missing: no document can be opened on this machine",
            (true, false) => {
                "landlock is missing: children open no file at all, so text in fonts that a PDF does not embed is lost"
            }
            (true, true) => "children are confined by seccomp and landlock",
        })
    }
}
