use rustix::process::{Resource, Rlimit, setrlimit};

use super::Allowance;

/// The maximum processor time in seconds. The server's deadlines are shorter; this ends a child whose server is stuck.
const CPU_SECONDS: u64 = 3600;
/// The maximum number of descriptors: standard streams, socket, document, image and a few fonts.
const DESCRIPTORS: u64 = 64;

/// Sets the resource limits.
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
