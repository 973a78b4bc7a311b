//! C++ exceptions end the process.
//!
//! Tesseract catches none, nor does anything above it: a page's layout may ask for memory beyond the limit
//! (`std::bad_alloc`) or for a vector of a negative size (`std::length_error`). What an exception leaves behind, nobody can
//! use; so the child ends in a way that its server knows, before Rust code unwinds.
//!
//! PDFium is built without exceptions: it ends the process itself.

use libloading::{Library, Symbol};

use crate::sandbox::OUT_OF_MEMORY;

/// Does what calls C++, and aborts the process if an exception comes out of it. A panic passes.
pub fn guarded<T>(work: impl FnOnce() -> T) -> T {
    let guard = Guard;
    let result = work();
    std::mem::forget(guard);
    result
}

struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        // Dropped by unwinding alone.
        if !std::thread::panicking() {
            std::process::abort();
        }
    }
}

/// `std::new_handler`.
type NewHandler = Option<extern "C" fn()>;

/// Has C++ end the process with [`OUT_OF_MEMORY`] where memory is lacking, instead of throwing. Without libstdc++ among the
/// library's dependencies it throws, and ends as after any exception.
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
