//! Distinguishes running out of memory from other crashes.
//!
//! PDFium and Tesseract end the process when an allocation fails, each by another signal. In both cases `errno` is
//! still ENOMEM.

use libc::{SA_ONSTACK, SA_RESETHAND, c_int};

/// The exit status of a child that ran out of memory.
pub(crate) const OUT_OF_MEMORY: i32 = 86;

/// From now on a crash after a failed allocation ends with [`OUT_OF_MEMORY`]. Other crashes keep their signal.
pub(super) fn tell_out_of_memory() {
    for signal in [libc::SIGABRT, libc::SIGBUS, libc::SIGILL, libc::SIGSEGV, libc::SIGTRAP] {
        // SAFETY: a zeroed sigaction is valid; the handler makes only async-signal-safe calls.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_crash as extern "C" fn(c_int) as usize;
            action.sa_flags = SA_ONSTACK | SA_RESETHAND;
            libc::sigaction(signal, &raw const action, std::ptr::null_mut());
        }
    }
}

/// Runs C code that continues after a failed allocation, as Leptonica does: a page would lose text silently. Ends the
/// process with [`OUT_OF_MEMORY`] if an allocation failed meanwhile.
pub(crate) fn within_memory<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: errno's address is valid in any thread.
    unsafe { *libc::__errno_location() = 0 };
    let result = work();
    // SAFETY: as above; _exit ends the process at once.
    unsafe {
        if *libc::__errno_location() == libc::ENOMEM {
            libc::_exit(OUT_OF_MEMORY);
        }
    }
    result
}

extern "C" fn on_crash(signal: c_int) {
    // SAFETY: errno's address is valid in any thread; _exit and raise are async-signal-safe. SA_RESETHAND has put the
    // default action back, so the raised signal ends the process once the handler returns.
    unsafe {
        if *libc::__errno_location() == libc::ENOMEM {
            libc::_exit(OUT_OF_MEMORY);
        }
        libc::raise(signal);
    }
}
