//! Has the C++ library that Tesseract uses throw, as Tesseract would.

use std::{
    ffi::{c_char, c_void},
    process::ExitCode,
};

use inkstream_native::tesseract::{Tesseract, guarded};
use libloading::{Library, Symbol};

/// Bytes that no machine has.
const TOO_MUCH: usize = 1 << 60;

/// Runs out of memory, or throws a `std::length_error`. Both end the process.
pub(crate) fn main(memory: bool) -> ExitCode {
    // SAFETY: its initialisers register locales; it stays loaded, because Tesseract is.
    let (Ok(_tesseract), Ok(library)) = (Tesseract::load(), unsafe { Library::new("libstdc++.so.6") }) else {
        return ExitCode::from(2);
    };
    // SAFETY: `operator new(size_t)` and `std::__throw_length_error(const char *)` of the C++ ABI; neither comes back.
    guarded(|| unsafe {
        if memory {
            let new: Option<Symbol<'_, unsafe extern "C-unwind" fn(usize) -> *mut c_void>> =
                library.get(b"_Znwm\0").ok();
            new.map(|new| new(TOO_MUCH));
        } else {
            let throw: Option<Symbol<'_, unsafe extern "C-unwind" fn(*const c_char)>> =
                library.get(b"_ZSt20__throw_length_errorPKc\0").ok();
            if let Some(throw) = throw {
                throw(c"thrown".as_ptr());
            }
        }
    });
    ExitCode::SUCCESS
}
