//! Recognizes a page.

use std::{
    borrow::Cow,
    ffi::{CStr, CString, c_int, c_void},
    ops::ControlFlow,
    path::Path,
    sync::Arc,
};

use super::{
    capi::{Capi, Handle, LSTM_ONLY, SEGMENT_AUTO, SEGMENT_BLOCK},
    exceptions::guarded,
    layout,
    leptonica::Binary,
    models,
    prepare::Measured,
    straighten::Turn,
    stream::{Script, Stream},
};
use crate::recognized::{ReadLine, ReadPage};

/// The minimum side in pixels. Smaller images are padded, because Tesseract's layout analysis refuses some of them.
const SAFE_SIDE: u32 = 32;
/// The maximum size in pixels of a page that is straightened, A4 at 600 dpi: that takes memory for two more copies.
const MAX_TURNED: usize = 36_000_000;

/// Loaded language models.
pub struct Reader {
    capi: Arc<Capi>,
    api: Handle,
    script: Script,
}

// SAFETY: a TessBaseAPI may move between threads, as long as one at a time uses it.
unsafe impl Send for Reader {}

impl Reader {
    /// `None` if a model is missing or damaged.
    pub(super) fn load(capi: Arc<Capi>, folder: &Path, languages: &CStr) -> Option<Self> {
        guarded(|| Self::load_guarded(capi, folder, languages))
    }

    fn load_guarded(capi: Arc<Capi>, folder: &Path, languages: &CStr) -> Option<Self> {
        let tessdata = CString::new(folder.as_os_str().as_encoded_bytes()).ok()?;
        // SAFETY: takes nothing; the result is owned by the reader and freed in `drop`.
        let api = unsafe { (capi.create)() };
        if api.is_null() {
            return None;
        }
        let mut reader = Self { capi, api, script: Script { right_to_left: true, spaces_as_shown: false } };
        let variables = [
            // Discard the messages that Tesseract would write to stderr.
            (c"debug_file", c"/dev/null"),
            // Find paragraphs by layout, before recognition: a line is emitted as soon as it is recognized, and needs its paragraph.
            (c"paragraph_text_based", c"0"),
        ];
        for (name, value) in variables {
            // SAFETY: `api` is live, both are C strings.
            unsafe { (reader.capi.set_variable)(api, name.as_ptr(), value.as_ptr()) };
        }
        // SAFETY: `api` is live, both are C strings.
        let status = unsafe { (reader.capi.init)(api, tessdata.as_ptr(), languages.as_ptr(), LSTM_ONLY) };
        if status != 0 {
            return None;
        }
        // SAFETY: `api` is live. Without an image it recognizes nothing and only writes a message. This makes it open /dev/null now,
        // while this process may still open files.
        unsafe {
            (reader.capi.set_segmentation)(api, SEGMENT_AUTO);
            (reader.capi.recognize)(api, std::ptr::null_mut());
        }
        reader.script = Script {
            right_to_left: reader.models().iter().any(|model| models::writes_right_to_left(&folder.join(model))),
            spaces_as_shown: reader.is_on(c"preserve_interword_spaces"),
        };
        Some(reader)
    }

    /// The files of the loaded models: the requested ones, and those that the requested ones load.
    fn models(&self) -> Vec<String> {
        let mut models = Vec::new();
        // SAFETY: `api` is live; this function owns the list, which ends with null.
        unsafe {
            let names = (self.capi.loaded_languages)(self.api);
            let mut next = names;
            while !next.is_null() && !(*next).is_null() {
                models.push(format!("{}.traineddata", CStr::from_ptr(*next).to_string_lossy()));
                next = next.add(1);
            }
            if !names.is_null() {
                (self.capi.delete_texts)(names);
            }
        }
        models
    }

    /// Whether a variable is set.
    fn is_on(&self, variable: &CStr) -> bool {
        let mut value = 0;
        // SAFETY: `api` is live, `variable` a C string, and `value` lives for the call.
        let known = unsafe { (self.capi.bool_variable)(self.api, variable.as_ptr(), &raw mut value) } != 0;
        known && value != 0
    }

    /// Recognizes a grey image of one byte per pixel, without padding between rows. `on_line` gets each line when it is recognized; if it
    /// returns `Break`, recognition stops before the next line. A blank image has no lines. An error message contains nothing of the
    /// page, and the reader can still be used.
    pub fn recognize(
        &mut self,
        pixels: &[u8],
        width: u32,
        height: u32,
        dpi: Option<f32>,
        on_line: &mut dyn FnMut(ReadLine) -> ControlFlow<()>,
    ) -> Result<ReadPage, String> {
        if width == 0 || height == 0 || pixels.len() as u64 != u64::from(width) * u64::from(height) {
            return Err("the image's size and its pixels do not agree".to_owned());
        }
        let image = padded(pixels, width, height)?;
        guarded(|| {
            let page = self.recognize_prepared(&image, pixels, (width, height), dpi, on_line);
            // SAFETY: `api` is live. It frees the image and its results, to which nothing refers any more.
            unsafe { (self.capi.clear)(self.api) };
            page
        })
    }

    /// Measures the page, and recognizes it straightened if it is tilted. All bounds are on the page as it is.
    fn recognize_prepared(
        &mut self,
        image: &Padded<'_>,
        pixels: &[u8],
        size: (u32, u32),
        dpi: Option<f32>,
        on_line: &mut dyn FnMut(ReadLine) -> ControlFlow<()>,
    ) -> Result<ReadPage, String> {
        self.set_image(image, dpi);
        let measured = self.measure(dpi);
        let turned = measured.degrees.filter(|_| pixels.len() <= MAX_TURNED).and_then(|degrees| {
            let turn = Turn::new(degrees, size);
            Some((turn, turn.apply(pixels)?))
        });
        let Some((turn, turned)) = turned else {
            if measured.dpi != dpi {
                // Tesseract asks for the resolution when it tells ink from paper, which it has done.
                self.set_image(image, measured.dpi);
            }
            return self.recognize_level(image, size, measured, on_line);
        };
        let (width, height) = turned.dimensions();
        let image = padded(turned.as_raw(), width, height)?;
        self.set_image(&image, measured.dpi);
        let mut on_turned = |line: ReadLine| on_line(ReadLine { bounds: turn.back(line.bounds), ..line });
        let mut page = self.recognize_level(&image, (width, height), measured, &mut on_turned)?;
        turn.layout_back(&mut page.layout);
        Ok(page)
    }

    /// Measures the image, given the file's resolution.
    fn measure(&self, dpi: Option<f32>) -> Measured {
        // SAFETY: `api` is live and has an image.
        match unsafe { Binary::of(&self.capi, self.api) } {
            Some(binary) => Measured::new(dpi, binary.skew(), &binary.components()),
            None => Measured::new(dpi, None, &[]),
        }
    }

    /// Recognizes the image, as one block of rows if the columns that Tesseract finds are none. That finds no grids and pictures, so that
    /// it is only done where there are none.
    fn recognize_level(
        &mut self,
        image: &Padded<'_>,
        size: (u32, u32),
        measured: Measured,
        on_line: &mut dyn FnMut(ReadLine) -> ControlFlow<()>,
    ) -> Result<ReadPage, String> {
        if let Some(page) = self.recognize_image(size, SEGMENT_AUTO, measured.is_plain, on_line)? {
            return Ok(page);
        }
        self.set_image(image, measured.dpi);
        self.recognize_image(size, SEGMENT_BLOCK, false, on_line).map(Option::unwrap_or_default)
    }

    fn set_image(&mut self, image: &Padded<'_>, dpi: Option<f32>) {
        // SAFETY: `api` is live; Tesseract copies the pixels, of which there are width times height.
        unsafe {
            (self.capi.set_image)(self.api, image.pixels.as_ptr(), image.width, image.height, 1, image.width);
        }
        // Tesseract ignores an incredible one.
        if let Some(dpi) = dpi {
            // SAFETY: `api` is live and has an image.
            unsafe { (self.capi.set_resolution)(self.api, dpi.round() as c_int) };
        }
    }

    /// `None` if `judges_columns` is set and the columns are none. No line was emitted then.
    fn recognize_image(
        &mut self,
        size: (u32, u32),
        segmentation: c_int,
        judges_columns: bool,
        on_line: &mut dyn FnMut(ReadLine) -> ControlFlow<()>,
    ) -> Result<Option<ReadPage>, String> {
        let capi = Arc::clone(&self.capi);
        let mut stream = Stream::new(&capi, self.api, size, self.script, on_line);
        stream.judges_columns = judges_columns;
        // SAFETY: the monitor is freed below. `stream` outlives the recognition, and only the callback uses it meanwhile.
        let status = unsafe {
            (capi.set_segmentation)(self.api, segmentation);
            let monitor = (capi.monitor_create)();
            (capi.monitor_set_this)(monitor, (&raw mut stream).cast());
            (capi.monitor_set_cancel)(monitor, unit_begins);
            let status = (capi.recognize)(self.api, monitor);
            (capi.monitor_delete)(monitor);
            status
        };
        if let Some(panic) = stream.panicked.take() {
            std::panic::resume_unwind(panic);
        }
        if stream.is_in_rows {
            return Ok(None);
        }
        if stream.stopped {
            return Ok(Some(ReadPage::default()));
        }
        if status != 0 {
            return Err("Tesseract gave up on the image".to_owned());
        }
        // SAFETY: the page is recognized.
        unsafe { stream.page_ended() };
        // SAFETY: `api` is live and the page is recognized.
        let layout = unsafe { layout::of_page(&capi, self.api, size, self.script) };
        Ok(Some(ReadPage { confidence: layout::confidence(&layout), layout, tables: Vec::new() }))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // SAFETY: made in `load`, freed once.
        guarded(|| unsafe { (self.capi.delete)(self.api) });
    }
}

/// Tesseract calls this before each unit to ask whether to cancel. It is the only callback that receives our pointer.
///
/// # Safety
/// `stream` is the [`Stream`] that [`Reader::recognize_image`] has set, and nothing else uses it during the call.
unsafe extern "C" fn unit_begins(stream: *mut c_void, _units: c_int) -> bool {
    // SAFETY: by this function's contract.
    let stream = unsafe { &mut *stream.cast::<Stream<'_>>() };
    // SAFETY: Tesseract calls once per unit.
    unsafe { stream.unit_begins() };
    stream.stopped || stream.is_in_rows || stream.panicked.is_some()
}

/// An image of a size that Tesseract accepts.
struct Padded<'a> {
    pixels: Cow<'a, [u8]>,
    width: c_int,
    height: c_int,
}

/// Pads a tiny image with white at the right and the bottom.
fn padded(pixels: &[u8], width: u32, height: u32) -> Result<Padded<'_>, String> {
    let side = |length: u32| c_int::try_from(length).map_err(|_| "the image is too large".to_owned());
    if width >= SAFE_SIDE && height >= SAFE_SIDE {
        return Ok(Padded { pixels: Cow::Borrowed(pixels), width: side(width)?, height: side(height)? });
    }
    let (wide, high) = (width.max(SAFE_SIDE), height.max(SAFE_SIDE));
    let mut white = vec![u8::MAX; wide as usize * high as usize];
    for (row, from) in white.chunks_exact_mut(wide as usize).zip(pixels.chunks_exact(width as usize)) {
        row[..from.len()].copy_from_slice(from);
    }
    Ok(Padded { pixels: Cow::Owned(white), width: side(wide)?, height: side(high)? })
}
