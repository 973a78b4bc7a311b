use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter_all_threads,
};

use super::SandboxError;

/// System calls that affect only the process's own memory, its open descriptors and the clock.
///
/// All others are refused with EPERM: sockets, exec, clone, fork, kill, ptrace, prctl, ioctl (`FIOASYNC`, `FIOSETOWN`),
/// `memfd_create` (its pages would escape the memory limit), prlimit, sendmsg (a child sends no descriptors), stat by
/// name, and future calls.
const ALLOWED: &[c_long] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_getuid,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_recvmsg,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_sigaltstack,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_write,
    libc::SYS_writev,
];

/// The operations of `fcntl` that are allowed: reading a descriptor's flags and duplicating it, which the standard
/// libraries do. Refused are those that would have the kernel signal the server whenever the shared socket is ready
/// (`F_SETOWN`, `F_SETSIG`, and `F_SETFL`, which sets `O_ASYNC`; also leases and `F_NOTIFY`), locks, and changes of the
/// server's `O_NONBLOCK`.
const DESCRIPTOR_COMMANDS: &[libc::c_int] = &[libc::F_GETFD, libc::F_GETFL, libc::F_DUPFD_CLOEXEC];
/// The flags with which files may be opened, all for reading. `O_PATH` is not among them, because landlock does not
/// check it.
const OPEN_FLAGS: libc::c_int =
    libc::O_CLOEXEC | libc::O_DIRECTORY | libc::O_NONBLOCK | libc::O_NOFOLLOW | KERNEL_LARGEFILE;
/// The kernel's `O_LARGEFILE` on x86-64, where the C library defines it as 0. Other machines use another bit.
const KERNEL_LARGEFILE: libc::c_int = if cfg!(target_arch = "x86_64") { 0o100_000 } else { libc::O_LARGEFILE };

/// Restricts the process for good to the system calls that decoding and recognizing need. With `opens`, it may also
/// open files for reading and query them.
pub(super) fn close(opens: bool) -> Result<(), SandboxError> {
    let program = filter(opens).map_err(|error| SandboxError::Seccomp(error.to_string()))?;
    apply_filter_all_threads(&program).map_err(|error| SandboxError::Seccomp(error.to_string()))
}

fn filter(opens: bool) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: std::collections::BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
    let no_code = |argument| bits_clear(argument, libc::PROT_EXEC as u64);
    rules.insert(libc::SYS_mmap, vec![no_code(2)?]);
    rules.insert(libc::SYS_mprotect, vec![no_code(2)?]);
    // abort() signals its own process. No other process can be signalled.
    let own = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, u64::from(std::process::id()))?;
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![own])?]);
    let commands = DESCRIPTOR_COMMANDS.iter().map(|command| equals(1, *command));
    rules.insert(libc::SYS_fcntl, commands.collect::<Result<_, _>>()?);
    if opens {
        rules.insert(libc::SYS_openat, vec![bits_clear(2, u64::from(!OPEN_FLAGS as u32))?]);
        rules.insert(libc::SYS_getdents64, Vec::new());
        // PDFium queries whether each entry of a font folder is a folder, and the C library queries open files by the
        // same call. Landlock does not check it, and seccomp cannot tell one name from another.
        rules.insert(libc::SYS_newfstatat, vec![equals(3, 0)?, equals(3, libc::AT_EMPTY_PATH)?]);
        // The call that PDFium's build uses on x86-64.
        #[cfg(target_arch = "x86_64")]
        rules.insert(libc::SYS_stat, Vec::new());
    }
    let arch = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow, arch)?.try_into()
}

fn equals(argument: u8, value: libc::c_int) -> Result<SeccompRule, seccompiler::BackendError> {
    let value = u64::from(value as u32);
    SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)?])
}

fn bits_clear(argument: u8, bits: u64) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(bits), 0)?])
}

/// Whether the kernel supports seccomp filters.
pub(super) fn available() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("\nSeccomp:"))
}
