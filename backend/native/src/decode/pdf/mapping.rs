//! Which characters of a page have no Unicode mapping. PDFium knows, and `pdfium-render` does not pass it on, nor its
//! handles: so the document is opened once more, through the bindings.

use std::{
    ffi::{c_int, c_uchar, c_ulong, c_void},
    io::{Read, Seek, SeekFrom},
    ptr,
};

use pdfium_render::prelude::{PdfDocument, PdfiumLibraryBindings, PdfiumLibraryBindingsAccessor};

use crate::decode::source::Source;

/// `FPDF_FILEACCESS` (`fpdfview.h`).
#[repr(C)]
struct FileAccess {
    len: c_ulong,
    get_block: unsafe extern "C" fn(*mut c_void, c_ulong, *mut c_uchar, c_ulong) -> c_int,
    source: *mut c_void,
}

/// The document a second time.
pub(super) struct Mapping<'a> {
    bindings: &'a dyn PdfiumLibraryBindings,
    /// An `FPDF_DOCUMENT`, live.
    document: *mut c_void,
    access: *mut FileAccess,
    source: *mut Source,
}

impl<'a> Mapping<'a> {
    /// None where PDFium does not open it again.
    pub(super) fn open(document: &PdfDocument<'a>, source: Source, password: Option<&str>) -> Option<Self> {
        let len = c_ulong::try_from(source.len()).ok()?;
        let source = Box::into_raw(Box::new(source));
        let access = Box::into_raw(Box::new(FileAccess { len, get_block, source: source.cast() }));
        let mut mapping = Self { bindings: document.bindings(), document: ptr::null_mut(), access, source };
        // SAFETY: `access` and what it points to live as long as the document, until `drop`.
        mapping.document = unsafe { mapping.bindings.FPDF_LoadCustomDocument(access.cast(), password) }.cast();
        (!mapping.document.is_null()).then_some(mapping)
    }

    /// For each character of a page (from 0), as PDFium's text page counts them, whether its Unicode value is a guess.
    pub(super) fn guesses(&self, page: i32) -> Vec<bool> {
        let pdfium = self.bindings;
        // SAFETY: the document is live; both handles are checked, and closed below, the text's before its page's.
        unsafe {
            let page = pdfium.FPDF_LoadPage(self.document.cast(), page);
            if page.is_null() {
                return Vec::new();
            }
            let text = pdfium.FPDFText_LoadPage(page);
            let mut guesses = Vec::new();
            if !text.is_null() {
                let count = pdfium.FPDFText_CountChars(text);
                guesses.extend((0..count).map(|index| pdfium.FPDFText_HasUnicodeMapError(text, index) == 1));
                pdfium.FPDFText_ClosePage(text);
            }
            pdfium.FPDF_ClosePage(page);
            guesses
        }
    }
}

impl Drop for Mapping<'_> {
    fn drop(&mut self) {
        // SAFETY: the document is closed once, and reads no more; then the boxes made in `open` are taken back once.
        unsafe {
            if !self.document.is_null() {
                self.bindings.FPDF_CloseDocument(self.document.cast());
            }
            drop(Box::from_raw(self.access));
            drop(Box::from_raw(self.source));
        }
    }
}

/// Reads a block for PDFium: not 0 if all of it was read.
///
/// # Safety
/// `source` is the one of [`Mapping::open`], used by nobody else meanwhile, and `buffer` has room for `len` bytes.
unsafe extern "C" fn get_block(source: *mut c_void, at: c_ulong, buffer: *mut c_uchar, len: c_ulong) -> c_int {
    let Ok(len) = usize::try_from(len) else { return 0 };
    // SAFETY: by this function's contract.
    let (source, buffer) = unsafe { (&mut *source.cast::<Source>(), std::slice::from_raw_parts_mut(buffer, len)) };
    let read = source.seek(SeekFrom::Start(at)).and_then(|_| source.read_exact(buffer));
    c_int::from(read.is_ok())
}
