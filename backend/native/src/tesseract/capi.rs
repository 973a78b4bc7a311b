//! The part of Tesseract's C API (`tesseract/capi.h`, 5.x) that reading a page needs, bound at run time.

use std::ffi::{c_char, c_float, c_int, c_uchar, c_void};

use libloading::Library;

use super::{exceptions, leptonica::Leptonica};

/// An opaque object of Tesseract.
pub(super) type Handle = *mut c_void;

/// `TessCancelFunc`: called before each word (with LSTM models: line) is recognized. `true` cancels the recognition.
pub(super) type Cancel = unsafe extern "C" fn(*mut c_void, c_int) -> bool;

/// `TessPageIteratorLevel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum Level {
    Block = 0,
    Paragraph = 1,
    Line = 2,
    Word = 3,
}

/// `TessOcrEngineMode::OEM_LSTM_ONLY`.
pub(super) const LSTM_ONLY: c_int = 1;
/// `TessOcrEngineMode::OEM_TESSERACT_ONLY`: the shapes of letters, without LSTM models.
pub(super) const SHAPES_ONLY: c_int = 0;
/// `TessPageSegMode::PSM_AUTO`: find columns and blocks, assume that the page is upright.
pub(super) const SEGMENT_AUTO: c_int = 3;
/// `TessPageSegMode::PSM_SINGLE_BLOCK`: take the page for one block of lines.
pub(super) const SEGMENT_BLOCK: c_int = 6;

/// Declares [`Capi`]: one field for each function, resolved by its C name. The C++ behind them catches nothing, so any of them may throw.
/// `Reader` calls them only within [`super::exceptions::guarded`].
macro_rules! capi {
    ($($field:ident = $symbol:literal : fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions; they stay valid as long as the library, which the last field holds.
        pub(super) struct Capi {
            $(pub(super) $field: unsafe extern "C-unwind" fn($($argument),*) $(-> $result)?,)*
            pub(super) leptonica: Leptonica,
            _library: Library,
        }

        impl Capi {
            fn bind(library: Library) -> Result<Self, libloading::Error> {
                $(
                    // SAFETY: the type is the one that capi.h declares for this symbol since Tesseract 4.
                    let $field = *unsafe {
                        library.get::<unsafe extern "C-unwind" fn($($argument),*) $(-> $result)?>($symbol)
                    }?;
                )*
                Ok(Self { $($field,)* leptonica: Leptonica::bind(&library)?, _library: library })
            }
        }
    };
}

capi! {
    version = b"TessVersion\0": fn() -> *const c_char;
    delete_text = b"TessDeleteText\0": fn(*const c_char);
    create = b"TessBaseAPICreate\0": fn() -> Handle;
    delete = b"TessBaseAPIDelete\0": fn(Handle);
    init = b"TessBaseAPIInit2\0": fn(Handle, *const c_char, *const c_char, c_int) -> c_int;
    set_variable = b"TessBaseAPISetVariable\0": fn(Handle, *const c_char, *const c_char) -> c_int;
    bool_variable = b"TessBaseAPIGetBoolVariable\0": fn(Handle, *const c_char, *mut c_int) -> c_int;
    loaded_languages = b"TessBaseAPIGetLoadedLanguagesAsVector\0": fn(Handle) -> *mut *mut c_char;
    delete_texts = b"TessDeleteTextArray\0": fn(*mut *mut c_char);
    set_segmentation = b"TessBaseAPISetPageSegMode\0": fn(Handle, c_int);
    set_image = b"TessBaseAPISetImage\0": fn(Handle, *const c_uchar, c_int, c_int, c_int, c_int);
    set_resolution = b"TessBaseAPISetSourceResolution\0": fn(Handle, c_int);
    thresholded = b"TessBaseAPIGetThresholdedImage\0": fn(Handle) -> Handle;
    recognize = b"TessBaseAPIRecognize\0": fn(Handle, Handle) -> c_int;
    clear = b"TessBaseAPIClear\0": fn(Handle);
    monitor_create = b"TessMonitorCreate\0": fn() -> Handle;
    monitor_delete = b"TessMonitorDelete\0": fn(Handle);
    monitor_set_cancel = b"TessMonitorSetCancelFunc\0": fn(Handle, Cancel);
    monitor_set_this = b"TessMonitorSetCancelThis\0": fn(Handle, *mut c_void);
    find_script = b"TessBaseAPIDetectOrientationScript\0":
        fn(Handle, *mut c_int, *mut c_float, *mut *const c_char, *mut c_float) -> c_int;
    iterator = b"TessBaseAPIGetIterator\0": fn(Handle) -> Handle;
    iterator_copy = b"TessResultIteratorCopy\0": fn(Handle) -> Handle;
    iterator_delete = b"TessResultIteratorDelete\0": fn(Handle);
    iterator_page = b"TessResultIteratorGetPageIterator\0": fn(Handle) -> Handle;
    iterator_text = b"TessResultIteratorGetUTF8Text\0": fn(Handle, c_int) -> *mut c_char;
    iterator_confidence = b"TessResultIteratorConfidence\0": fn(Handle, c_int) -> c_float;
    page_copy = b"TessPageIteratorCopy\0": fn(Handle) -> Handle;
    page_begin = b"TessPageIteratorBegin\0": fn(Handle);
    page_delete = b"TessPageIteratorDelete\0": fn(Handle);
    page_next = b"TessPageIteratorNext\0": fn(Handle, c_int) -> c_int;
    page_at_start = b"TessPageIteratorIsAtBeginningOf\0": fn(Handle, c_int) -> c_int;
    page_bounds = b"TessPageIteratorBoundingBox\0":
        fn(Handle, c_int, *mut c_int, *mut c_int, *mut c_int, *mut c_int) -> c_int;
    page_block_type = b"TessPageIteratorBlockType\0": fn(Handle) -> c_int;
}

/// Binds the system's Tesseract 5 and its Leptonica.
pub(super) fn load() -> Result<Capi, libloading::Error> {
    // SAFETY: the library's initialisers register its variables and nothing else.
    let library = unsafe { Library::new("libtesseract.so.5") }?;
    exceptions::end_without_memory(&library);
    Capi::bind(library)
}
