use rustix::process::{Resource, Rlimit, setrlimit};

use super::Allowance;

/// Seconds of processor time. The server's deadlines come first; this ends a child whose server is stuck.
const CPU_SECONDS: u64 = 3600;
/// Descriptors: standard streams, socket, document, picture and a few fonts.
const DESCRIPTORS: u64 = 64;

/// Sets what the kernel counts.
pub(super) fn apply(allowance: &Allowance) -> rustix::io::Result<()> {
    for (resource, limit) in [
        (Resource::As, allowance.address_space),
        (Resource::Fsize, allowance.file_size),
        (Resource::Cpu, CPU_SECONDS),
        (Resource::Nofile, DESCRIPTORS),
        (Resource::Core, 0),
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
    ] {
        setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
    }
    Ok(())
}
