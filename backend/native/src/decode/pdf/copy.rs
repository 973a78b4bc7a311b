//! Opens the document a second time, through the bindings. `pdfium-render` gives no access to its handles, nor to which
//! characters have no Unicode mapping. This copy is changed (annotations are flattened, text is hidden), so it is never
//! rendered for a caller.

use std::{
    ffi::{c_int, c_uchar, c_ulong, c_void},
    io::{Read, Seek, SeekFrom},
    ptr,
};

use pdfium_render::prelude::{PdfDocument, PdfiumLibraryBindings, PdfiumLibraryBindingsAccessor};

use crate::decode::source::Source;

/// `FPDF_ANNOT` (`fpdfview.h`).
const RENDER_ANNOTATIONS: c_int = 1;
/// `FPDFBitmap_Gray` (`fpdfview.h`).
const BITMAP_GRAY: c_int = 1;
/// `FLAT_NORMALDISPLAY` and `FLATTEN_SUCCESS` (`fpdf_flatten.h`).
const FLAT_NORMAL_DISPLAY: c_int = 0;
const FLATTEN_SUCCESS: c_int = 1;
/// `FPDF_PAGEOBJ_TEXT` and `FPDF_PAGEOBJ_FORM` (`fpdf_edit.h`).
const OBJECT_TEXT: c_int = 1;
const OBJECT_FORM: c_int = 5;
/// `FPDF_ANNOT_WIDGET`, `FPDF_ANNOT_FLAG_HIDDEN` and `FPDF_ANNOT_FLAG_NOVIEW` (`fpdf_annot.h`).
const ANNOTATION_WIDGET: c_int = 20;
const FLAG_HIDDEN: c_int = 1 << 1;
const FLAG_NO_VIEW: c_int = 1 << 5;
/// The maximum number of annotations of a page that are read, and the maximum length of a state's name in bytes.
const MAX_ANNOTATIONS: c_int = 20_000;
const MAX_STATE: usize = 256;
/// `FPDF_TEXTRENDERMODE_INVISIBLE` (`fpdf_edit.h`).
pub(super) const INVISIBLE: c_int = 3;
/// The maximum number of objects whose text is hidden, and the maximum nesting of forms: a page may claim a billion.
/// Remaining text counts as ink that no text explains, so the page is recognized.
const MAX_OBJECTS: usize = 500_000;
const MAX_DEPTH: usize = 16;
/// The side in pixels that the page is mapped onto to find the mapping, because PDFium rounds to whole pixels.
const MAPPING_SIDE: c_int = 1 << 20;

/// `FPDF_FILEACCESS` (`fpdfview.h`).
#[repr(C)]
struct FileAccess {
    len: c_ulong,
    get_block: unsafe extern "C" fn(*mut c_void, c_ulong, *mut c_uchar, c_ulong) -> c_int,
    source: *mut c_void,
}

/// The second, changed copy of a document.
pub(super) struct DocumentCopy<'a> {
    bindings: &'a dyn PdfiumLibraryBindings,
    /// An `FPDF_DOCUMENT`, live.
    document: *mut c_void,
    access: *mut FileAccess,
    source: *mut Source,
}

impl<'a> DocumentCopy<'a> {
    /// `None` if PDFium does not open it again.
    pub(super) fn open(document: &PdfDocument<'a>, source: Source, password: Option<&str>) -> Option<Self> {
        let len = c_ulong::try_from(source.len()).ok()?;
        let source = Box::into_raw(Box::new(source));
        let access = Box::into_raw(Box::new(FileAccess { len, get_block, source: source.cast() }));
        let mut copy = Self { bindings: document.bindings(), document: ptr::null_mut(), access, source };
        // SAFETY: `access` and what it points to live as long as the document, until `drop`.
        copy.document = unsafe { copy.bindings.FPDF_LoadCustomDocument(access.cast(), password) }.cast();
        (!copy.document.is_null()).then_some(copy)
    }

    /// Loads a page (from 0) with its text. Annotations and form fields that have an appearance become part of its
    /// content. `None` if PDFium does not load it.
    pub(super) fn page(&self, index: c_int) -> Option<PageCopy<'_>> {
        let (page, text) = (self.load(index)?, ptr::null_mut());
        let mut page = PageCopy { pdfium: self.bindings, page, text, check_boxes: Vec::new() };
        page.check_boxes = page.find_check_boxes();
        // SAFETY: the page is live. Its content is parsed again where it has changed.
        unsafe {
            if page.pdfium.FPDFPage_GetAnnotCount(page.page.cast()) > 0
                && page.pdfium.FPDFPage_Flatten(page.page.cast(), FLAT_NORMAL_DISPLAY) == FLATTEN_SUCCESS
            {
                page.pdfium.FPDF_ClosePage(page.page.cast());
                page.page = ptr::null_mut();
                page.page = self.load(index)?;
            }
            page.text = page.pdfium.FPDFText_LoadPage(page.page.cast()).cast();
        }
        (!page.text.is_null()).then_some(page)
    }

    fn load(&self, index: c_int) -> Option<*mut c_void> {
        // SAFETY: the document is live.
        let page: *mut c_void = unsafe { self.bindings.FPDF_LoadPage(self.document.cast(), index) }.cast();
        (!page.is_null()).then_some(page)
    }
}

impl Drop for DocumentCopy<'_> {
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

/// A page of the copy.
pub(super) struct PageCopy<'a> {
    pub(super) pdfium: &'a dyn PdfiumLibraryBindings,
    /// An `FPDF_PAGE`, live.
    page: *mut c_void,
    /// Its `FPDF_TEXTPAGE`, live.
    pub(super) text: *mut c_void,
    pub(super) check_boxes: Vec<CheckBoxField>,
}

/// A check box or radio button of a form, with its bounds in the page's points.
pub(super) struct CheckBoxField {
    pub(super) left: f32,
    pub(super) bottom: f32,
    pub(super) right: f32,
    pub(super) top: f32,
    pub(super) ticked: bool,
}

/// `FS_RECTF` (`fpdfview.h`).
#[repr(C)]
#[derive(Default)]
pub(super) struct RectF {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
}

impl PageCopy<'_> {
    /// The visible check boxes and radio buttons among the page's annotations.
    fn find_check_boxes(&self) -> Vec<CheckBoxField> {
        // SAFETY: the page is live.
        let count = unsafe { self.pdfium.FPDFPage_GetAnnotCount(self.page.cast()) };
        (0..count.min(MAX_ANNOTATIONS)).filter_map(|index| self.check_box(index)).collect()
    }

    fn check_box(&self, index: c_int) -> Option<CheckBoxField> {
        let mut state = [0_u16; MAX_STATE];
        let mut rect = RectF::default();
        // SAFETY: the page is live, the index is within, the results are valid places to write to, of the types and the
        // size in bytes that the header has, and the annotation is closed once.
        let (seen, known) = unsafe {
            let annotation = self.pdfium.FPDFPage_GetAnnot(self.page.cast(), index);
            if annotation.is_null() {
                return None;
            }
            let flags = self.pdfium.FPDFAnnot_GetFlags(annotation);
            let seen = self.pdfium.FPDFAnnot_GetSubtype(annotation) == ANNOTATION_WIDGET
                && flags & (FLAG_HIDDEN | FLAG_NO_VIEW) == 0;
            let bytes = c_ulong::try_from(size_of_val(&state)).unwrap_or(0);
            self.pdfium.FPDFAnnot_GetStringValue(annotation, "AS", state.as_mut_ptr().cast(), bytes);
            let known = self.pdfium.FPDFAnnot_GetRect(annotation, (&raw mut rect).cast()) == 1;
            self.pdfium.FPDFPage_CloseAnnot(annotation);
            (seen, known)
        };
        let name = String::from_utf16_lossy(state.split(|unit| *unit == 0).next().unwrap_or_default());
        // Only what has several states says which one it is in (ISO 32000-1, 12.5.5).
        (seen && known && !name.is_empty()).then_some(CheckBoxField {
            left: rect.left,
            bottom: rect.bottom,
            right: rect.right,
            top: rect.top,
            ticked: name != "Off",
        })
    }

    /// The map from the page's points to an image of this size that is rotated by a number of quarter turns.
    pub(super) fn mapping(&self, size: (u32, u32), quarter_turns: c_int) -> Mapping {
        // A distance at which PDFium's rounding makes no difference.
        const SPAN: f64 = 1000.0;
        let device = |x: f64, y: f64| {
            let (mut device_x, mut device_y) = (0, 0);
            // SAFETY: the page is live, and both results are valid places to write to.
            unsafe {
                self.pdfium.FPDF_PageToDevice(
                    self.page.cast(),
                    0,
                    0,
                    MAPPING_SIDE,
                    MAPPING_SIDE,
                    quarter_turns,
                    x,
                    y,
                    &raw mut device_x,
                    &raw mut device_y,
                );
            }
            let scaled = |at: c_int, side: u32| f64::from(at) / f64::from(MAPPING_SIDE) * f64::from(side);
            (scaled(device_x, size.0), scaled(device_y, size.1))
        };
        let (origin, right, up) = (device(0.0, 0.0), device(SPAN, 0.0), device(0.0, SPAN));
        let step = |to: (f64, f64)| (((to.0 - origin.0) / SPAN) as f32, ((to.1 - origin.1) / SPAN) as f32);
        Mapping { origin: (origin.0 as f32, origin.1 as f32), right: step(right), up: step(up) }
    }

    /// Makes all text invisible, for [`PageCopy::render`].
    pub(super) fn hide_text(&self) {
        // SAFETY: the page is live, the index is within, and the objects are the page's.
        let objects = unsafe {
            let count = self.pdfium.FPDFPage_CountObjects(self.page.cast());
            (0..count).map(|index| self.pdfium.FPDFPage_GetObject(self.page.cast(), index).cast())
        };
        let mut left = MAX_OBJECTS;
        for object in objects {
            self.hide(object, MAX_DEPTH, &mut left);
        }
    }

    fn hide(&self, object: *mut c_void, depth: usize, left: &mut usize) {
        if object.is_null() || *left == 0 {
            return;
        }
        *left -= 1;
        // SAFETY: the object is one of the page, which is live; those of a form are its own, and the index is within.
        unsafe {
            match self.pdfium.FPDFPageObj_GetType(object.cast()) {
                OBJECT_TEXT => {
                    self.pdfium.FPDFTextObj_SetTextRenderMode(object.cast(), INVISIBLE);
                }
                OBJECT_FORM if depth > 0 => {
                    let count = self.pdfium.FPDFFormObj_CountObjects(object.cast());
                    for index in 0..c_ulong::try_from(count).unwrap_or(0) {
                        let child = self.pdfium.FPDFFormObj_GetObject(object.cast(), index);
                        self.hide(child.cast(), depth - 1, left);
                    }
                }
                _ => {}
            }
        }
    }

    /// Renders the page in grey on white, one byte a pixel. `None` if PDFium cannot allocate the bitmap.
    pub(super) fn render(&self, (width, height): (u32, u32), quarter_turns: c_int) -> Option<Vec<u8>> {
        let (width, height) = (c_int::try_from(width).ok()?, c_int::try_from(height).ok()?);
        let mut pixels = vec![u8::MAX; (width as usize).checked_mul(height as usize)?];
        // SAFETY: the bitmap writes to `height` rows of `width` bytes within `pixels`, and is destroyed before those are
        // used again.
        unsafe {
            let bitmap = self.pdfium.FPDFBitmap_CreateEx(width, height, BITMAP_GRAY, pixels.as_mut_ptr().cast(), width);
            if bitmap.is_null() {
                return None;
            }
            let page = self.page.cast();
            self.pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, quarter_turns, RENDER_ANNOTATIONS);
            self.pdfium.FPDFBitmap_Destroy(bitmap);
        }
        Some(pixels)
    }
}

impl Drop for PageCopy<'_> {
    fn drop(&mut self) {
        // SAFETY: both are live and closed once, the text before its page.
        unsafe {
            if !self.text.is_null() {
                self.pdfium.FPDFText_ClosePage(self.text.cast());
            }
            if !self.page.is_null() {
                self.pdfium.FPDF_ClosePage(self.page.cast());
            }
        }
    }
}

/// An affine map from a page's points to pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mapping {
    origin: (f32, f32),
    right: (f32, f32),
    up: (f32, f32),
}

impl Mapping {
    /// Maps a point.
    pub(super) fn point(&self, x: f32, y: f32) -> (f32, f32) {
        let (dx, dy) = self.vector(x, y);
        (self.origin.0 + dx, self.origin.1 + dy)
    }

    /// Maps a vector.
    pub(super) fn vector(&self, x: f32, y: f32) -> (f32, f32) {
        (self.right.0 * x + self.up.0 * y, self.right.1 * x + self.up.1 * y)
    }
}

/// Reads a block for PDFium. Returns 0 if it could not be read in full.
///
/// # Safety
/// `source` is the one of [`DocumentCopy::open`], which nothing else uses during the call, and `buffer` has room for `len` bytes.
unsafe extern "C" fn get_block(source: *mut c_void, at: c_ulong, buffer: *mut c_uchar, len: c_ulong) -> c_int {
    let Ok(len) = usize::try_from(len) else { return 0 };
    // SAFETY: by this function's contract.
    let (source, buffer) = unsafe { (&mut *source.cast::<Source>(), std::slice::from_raw_parts_mut(buffer, len)) };
    let read = source.seek(SeekFrom::Start(at)).and_then(|_| source.read_exact(buffer));
    c_int::from(read.is_ok())
}
