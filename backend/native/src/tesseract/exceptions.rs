//! Ends the process on a C++ exception.
//!
//! Neither Tesseract nor its callers catch exceptions, although a page's layout may request memory beyond the limit
//! (`std::bad_alloc`) or a vector of a negative size (`std::length_error`). The state after an exception is unusable, so the child
//! ends in a way that the server recognizes, before Rust code unwinds.
//!
//! PDFium is built without exceptions: it ends the process itself.

use libloading::{Library, Symbol};

use crate::sandbox::OUT_OF_MEMORY;

/// Calls `work`, which calls C++, and aborts the process if it throws an exception. A panic passes through.
pub fn guarded<T>(work: impl FnOnce() -> T) -> T {
    let guard = Guard;
    let result = work();
    std::mem::forget(guard);
    result
}

struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        // Only unwinding drops this.
        if !std::thread::panicking() {
            std::process::abort();
        }
    }
}

/// `std::new_handler`.
type NewHandler = Option<extern "C" fn()>;

/// Makes C++ end the process with [`OUT_OF_MEMORY`] instead of throwing when memory runs out. If libstdc++ is not among the library's
/// dependencies, C++ throws, and the process ends as after any exception.
pub(super) fn end_without_memory(library: &Library) {
    // SAFETY: `std::set_new_handler(std::new_handler)` of the C++ ABI.
    let set: Result<Symbol<'_, unsafe extern "C" fn(NewHandler) -> NewHandler>, _> =
        unsafe { library.get(b"_ZSt15set_new_handlerPFvvE\0") };
    if let Ok(set) = set {
        // SAFETY: it stores the pointer; the handler is there as long as the program.
        unsafe { set(Some(out_of_memory)) };
    }
}

extern "C" fn out_of_memory() {
    // SAFETY: it ends the process at once, and allocates nothing.
    unsafe { libc::_exit(OUT_OF_MEMORY) }
}
