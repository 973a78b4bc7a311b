//! The part of Leptonica that measures a page, bound at run time from among Tesseract's dependencies.

use std::{
    ffi::{c_float, c_int},
    ptr,
};

use libloading::Library;

use super::capi::{Capi, Handle};

/// The parameters of `pixFindSkewSweepAndSearch`: the default reduction, step (degrees) and precision of its sweep, the maximum angle, which
/// is that of a sheet laid down by hand, and a search on all pixels, because reduced ones hide tilts under .3° of small images.
const SWEEP_REDUCTION: c_int = 4;
const SEARCH_REDUCTION: c_int = 1;
const MAX_DEGREES: c_float = 15.0;
const SWEEP_STEP: c_float = 1.0;
const PRECISION: c_float = 0.01;
/// `pixConnCompBB`: pixels that touch at a corner are connected.
const CONNECTIVITY: c_int = 8;
/// Leptonica's `L_SEVERITY_NONE`.
const SILENT: c_int = 6;

macro_rules! functions {
    ($($field:ident = $symbol:literal : fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// Leptonica's functions; they stay valid as long as Tesseract's library.
        pub(super) struct Leptonica {
            $($field: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
        }

        impl Leptonica {
            /// Binds the functions, and silences Leptonica.
            pub(super) fn bind(tesseract: &Library) -> Result<Self, libloading::Error> {
                let functions = Self { $(
                    // SAFETY: the type is the one that allheaders.h declares for this symbol since Leptonica 1.70.
                    $field: *unsafe { tesseract.get::<unsafe extern "C" fn($($argument),*) $(-> $result)?>($symbol) }?,
                )* };
                // SAFETY: it stores a number.
                unsafe { (functions.set_severity)(SILENT) };
                Ok(functions)
            }
        }
    };
}

functions! {
    set_severity = b"setMsgSeverity\0": fn(c_int) -> c_int;
    find_skew = b"pixFindSkewSweepAndSearch\0":
        fn(Handle, *mut c_float, *mut c_float, c_int, c_int, c_float, c_float, c_float) -> c_int;
    destroy = b"pixDestroy\0": fn(*mut Handle);
    components = b"pixConnCompBB\0": fn(Handle, c_int) -> Handle;
    boxes_count = b"boxaGetCount\0": fn(Handle) -> c_int;
    boxes_get = b"boxaGetBoxGeometry\0": fn(Handle, c_int, *mut c_int, *mut c_int, *mut c_int, *mut c_int) -> c_int;
    boxes_destroy = b"boxaDestroy\0": fn(*mut Handle);
}

/// The angle of a page's text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Skew {
    /// By how many degrees the page must be turned clockwise.
    pub(super) degrees: f32,
    /// By how much the lines stand out at the best angle from those at the worst one: the ratio of the scores.
    pub(super) confidence: f32,
}

/// The black pixels of the image that Tesseract has got.
pub(super) struct Binary<'a> {
    capi: &'a Capi,
    pixels: Handle,
}

impl<'a> Binary<'a> {
    /// `None` if Tesseract cannot tell ink from paper.
    ///
    /// # Safety
    /// `api` is live and has an image.
    pub(super) unsafe fn of(capi: &'a Capi, api: Handle) -> Option<Self> {
        // SAFETY: by this function's contract. The image is the caller's.
        let pixels = unsafe { (capi.thresholded)(api) };
        (!pixels.is_null()).then_some(Self { capi, pixels })
    }

    /// `None` on a page without lines.
    pub(super) fn skew(&self) -> Option<Skew> {
        let (mut degrees, mut confidence) = (0.0, 0.0);
        // SAFETY: `pixels` is a live image of one bit a pixel, and the others live for the call.
        let failed = unsafe {
            (self.capi.leptonica.find_skew)(
                self.pixels,
                &raw mut degrees,
                &raw mut confidence,
                SWEEP_REDUCTION,
                SEARCH_REDUCTION,
                MAX_DEGREES,
                SWEEP_STEP,
                PRECISION,
            )
        };
        (failed == 0).then_some(Skew { degrees, confidence })
    }

    /// Width and height of each connected component: most of them are letters.
    pub(super) fn components(&self) -> Vec<(u32, u32)> {
        let leptonica = &self.capi.leptonica;
        let mut sizes = Vec::new();
        // SAFETY: `pixels` is live; the list of boxes is this function's own, and each number is below its length.
        unsafe {
            let mut boxes = (leptonica.components)(self.pixels, CONNECTIVITY);
            if boxes.is_null() {
                return sizes;
            }
            for number in 0..(leptonica.boxes_count)(boxes) {
                let [mut width, mut height] = [0; 2];
                let (width_at, height_at) = (&raw mut width, &raw mut height);
                (leptonica.boxes_get)(boxes, number, ptr::null_mut(), ptr::null_mut(), width_at, height_at);
                sizes.push((width.unsigned_abs(), height.unsigned_abs()));
            }
            (leptonica.boxes_destroy)(&raw mut boxes);
        }
        sizes
    }
}

impl Drop for Binary<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `of`, freed once.
        unsafe { (self.capi.leptonica.destroy)(&raw mut self.pixels) };
    }
}
