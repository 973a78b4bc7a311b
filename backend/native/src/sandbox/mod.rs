//! The rights that a child drops before it reads a byte of input: the network, other programs, other processes, files,
//! and more memory, processor time and descriptors than its work needs.
//!
//! There are three layers: resource limits, landlock (files) and seccomp (system calls). Without seccomp a child
//! refuses to work. Without landlock (gVisor, kernels before 5.13) seccomp refuses to open any file; a PDF's fonts must
//! then be embedded.

mod calls;
mod death;
mod files;
mod limits;

use std::{fmt, fs, io};

use serde::{Deserialize, Serialize};

pub(crate) use death::{OUT_OF_MEMORY, within_memory};

/// A child's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// The maximum address space in bytes.
    pub address_space: u64,
    /// The maximum length in bytes of a file (memfd) that the child writes.
    pub file_size: u64,
    /// Whether the child may read the system's fonts. Otherwise it may open no file.
    pub fonts: bool,
}

/// Why a child could not drop its rights. It must not work then.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The process has several threads, and the others would keep their rights.
    #[error("the child has {0} threads instead of one")]
    Threads(usize),
    /// A limit was refused.
    #[error("a resource limit was refused: {0}")]
    Limit(#[from] rustix::io::Errno),
    /// The kernel has no seccomp, or refused the filter.
    #[error("seccomp was refused: {0}")]
    Seccomp(String),
    /// The kernel has landlock, but it failed.
    #[error("landlock failed: {0}")]
    Landlock(String),
    /// The process could not read its own state.
    #[error("the process cannot look at itself: {0}")]
    Io(#[from] io::Error),
}

/// Drops this process's rights for good. The libraries must have been loaded before.
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

/// The sandbox features of this machine's kernel, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SandboxReport {
    /// Whether landlock restricts files.
    pub landlock: bool,
    /// Whether seccomp restricts system calls. Without it no child works.
    pub seccomp: bool,
}

/// Queries the kernel.
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
