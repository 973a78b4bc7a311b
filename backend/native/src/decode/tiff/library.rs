//! libtiff, which is installed as a dependency of Tesseract's Leptonica and supports all of TIFF. It is bound at run
//! time, and reads by callbacks only, so that it opens no files itself.

use std::{
    cell::Cell,
    ffi::{CStr, c_char, c_int, c_void},
    ptr,
};

use image::{DynamicImage, RgbaImage};
use libloading::Library;

use super::{
    client::{self, Client},
    directory::{Directory, SinglePage},
    samples::pure,
};
use crate::decode::DecodeError;

/// The versions with the C interface below: libtiff 4 of Debian 12 and later, and of Debian 11.
const NAMES: [&str; 2] = ["libtiff.so.6", "libtiff.so.5"];
const NAME: &CStr = c"page";
/// Open for reading, without mapping the file into memory.
const MODE: &CStr = c"rm";
/// Tags.
const WIDTH: u32 = 256;
const HEIGHT: u32 = 257;
const ORIENTATION: u32 = 274;
const ROWS_PER_STRIP: u32 = 278;
const RLE_WORD: u16 = 32_771;
/// The maximum length of the message that `TIFFRGBAImageOK` writes.
const REASON: usize = 1024;

pub(super) type Handle = *mut c_void;
type Transfer = unsafe extern "C" fn(Handle, *mut c_void, isize) -> isize;
type SeekTo = unsafe extern "C" fn(Handle, u64, c_int) -> u64;
/// The third argument is a `va_list` and is not used.
type Report = unsafe extern "C" fn(*const c_char, *const c_char, *mut c_void);

type ClientOpen = unsafe extern "C" fn(
    *const c_char,
    *const c_char,
    Handle,
    Transfer,
    Transfer,
    SeekTo,
    unsafe extern "C" fn(Handle) -> c_int,
    unsafe extern "C" fn(Handle) -> u64,
    *const c_void,
    *const c_void,
) -> Handle;

/// libtiff's functions (`tiffio.h`); they stay valid as long as the library, which the last field holds.
pub(in crate::decode) struct LibTiff {
    open: ClientOpen,
    close: unsafe extern "C" fn(Handle),
    read: unsafe extern "C" fn(Handle, u32, u32, *mut u32, c_int, c_int) -> c_int,
    read_strip: unsafe extern "C" fn(Handle, u32, *mut u32, c_int) -> c_int,
    is_tiled: unsafe extern "C" fn(Handle) -> c_int,
    set_field: unsafe extern "C" fn(Handle, u32, ...) -> c_int,
    is_readable: unsafe extern "C" fn(Handle, *mut c_char) -> c_int,
    field: unsafe extern "C" fn(Handle, u32, ...) -> c_int,
    is_configured: unsafe extern "C" fn(u16) -> c_int,
    _library: Library,
}

thread_local! {
    /// The number of errors that libtiff reported on this thread, and of warnings of its fax decoders, which continue
    /// after lines that are too short or missing. Its other warnings are of problems that it has repaired.
    static ERRORS: Cell<usize> = const { Cell::new(0) };
}

impl LibTiff {
    /// `None` if libtiff is not installed.
    pub(in crate::decode) fn load() -> Option<Self> {
        // SAFETY: the library's initialisers set up its own tables alone.
        let library = NAMES.into_iter().find_map(|name| unsafe { Library::new(name) }.ok())?;
        // SAFETY: the types are those that tiffio.h declares for these symbols since libtiff 4.0.
        unsafe {
            let set_errors =
                *library.get::<unsafe extern "C" fn(Option<Report>) -> *const c_void>(b"TIFFSetErrorHandler\0").ok()?;
            let set_warnings = *library
                .get::<unsafe extern "C" fn(Option<Report>) -> *const c_void>(b"TIFFSetWarningHandler\0")
                .ok()?;
            set_errors(Some(on_error));
            set_warnings(Some(on_warning));
            Some(Self {
                open: *library.get(b"TIFFClientOpen\0").ok()?,
                close: *library.get(b"TIFFClose\0").ok()?,
                read: *library.get(b"TIFFReadRGBAImageOriented\0").ok()?,
                read_strip: *library.get(b"TIFFReadRGBAStripExt\0").ok()?,
                is_tiled: *library.get(b"TIFFIsTiled\0").ok()?,
                set_field: *library.get(b"TIFFSetField\0").ok()?,
                is_readable: *library.get(b"TIFFRGBAImageOK\0").ok()?,
                field: *library.get(b"TIFFGetField\0").ok()?,
                is_configured: *library.get(b"TIFFIsCODECConfigured\0").ok()?,
                _library: library,
            })
        }
    }

    /// Whether this build supports the compression. It decodes `CCITTRLEW` wrongly, even in its own files.
    pub(super) fn knows(&self, compression: u16) -> bool {
        if compression == RLE_WORD {
            return false;
        }
        // SAFETY: it looks a number up in a table.
        unsafe { (self.is_configured)(compression) != 0 }
    }

    /// Decodes the page as it is stored, and tells whether a part is missing. Missing parts are white.
    pub(super) fn decode_page(
        &self,
        page: &SinglePage,
        directory: &Directory,
    ) -> Result<(DynamicImage, bool), DecodeError> {
        let (width, height) = (directory.width, directory.height);
        let mut pixels = vec![0_u8; width as usize * height as usize * 4];
        let first = self.whole(page, directory, &mut pixels)?;
        let mut truncated = first.faults;
        if first.faults || first.overread {
            // libtiff shows a strip that it cannot decode as a copy of the one before it. Decoding strip by strip
            // avoids that.
            let read = self.strips(page, directory, &mut pixels, 0)?;
            truncated |= read.faults;
            if read.overread {
                // Pixels that change with the bytes after the file's end do not come from the file.
                let mut other = vec![0_u8; pixels.len()];
                self.strips(page, directory, &mut other, u8::MAX)?;
                let row_len = width as usize * 4;
                for (row, other) in pixels.chunks_exact_mut(row_len).zip(other.chunks_exact(row_len)) {
                    if row != other {
                        row.fill(u8::MAX);
                        truncated = true;
                    }
                }
            }
            if truncated && pixels.iter().all(|sample| *sample == u8::MAX) {
                return Err(DecodeError::PageUnreadable);
            }
        }
        for pixel in pixels.chunks_exact_mut(4).filter(|pixel| pixel[3] != u8::MAX) {
            let opacity = pixel[3];
            pixel[..3].iter_mut().for_each(|value| *value = pure(*value, opacity));
        }
        let image = RgbaImage::from_raw(width, height, pixels).ok_or(DecodeError::PageUnreadable)?;
        Ok((DynamicImage::ImageRgba8(image), truncated))
    }

    /// Decodes the whole page at once.
    fn whole(&self, page: &SinglePage, directory: &Directory, pixels: &mut [u8]) -> Result<ReadProblems, DecodeError> {
        self.with(page, directory, 0, |file| {
            let mut reason = [0; REASON];
            // SAFETY: the file is open, and the library's sentence has its room.
            if unsafe { (self.is_readable)(file, reason.as_mut_ptr()) } == 0 {
                return Err(DecodeError::UnsupportedSamples);
            }
            let words = words(pixels)?;
            // Request the page's own orientation, so that nothing is rotated. Decoding continues after an error.
            let orientation = c_int::from(directory.metadata.orientation.to_exif());
            // SAFETY: `words` has room for width times height words, and `with` has made sure that libtiff sees the same.
            let done =
                unsafe { (self.read)(file, directory.width, directory.height, words.as_mut_ptr(), orientation, 0) };
            swapped(pixels);
            if done == 0 { Err(DecodeError::PageUnreadable) } else { Ok(()) }
        })
    }

    /// Decodes the page strip by strip, with bytes of this value after the file's end. Rows that were not decoded are
    /// white.
    fn strips(
        &self,
        page: &SinglePage,
        directory: &Directory,
        pixels: &mut [u8],
        beyond: u8,
    ) -> Result<ReadProblems, DecodeError> {
        let row_len = directory.width as usize * 4;
        self.with(page, directory, beyond, |file| {
            let mut rows = directory.height;
            // SAFETY: the file is open; the tags have one number each.
            unsafe {
                if (self.is_tiled)(file) != 0 {
                    return Err(DecodeError::PageUnreadable);
                }
                (self.field)(file, ROWS_PER_STRIP, &raw mut rows);
                // Then nothing is mirrored, and each strip begins with its last row.
                (self.set_field)(file, ORIENTATION, 1 as c_int);
            }
            let rows = rows.clamp(1, directory.height);
            let tops = (0..directory.height).step_by(rows as usize);
            for (top, strip) in tops.zip(pixels.chunks_mut(row_len * rows as usize)) {
                strip.fill(0);
                let faults = ERRORS.get();
                let mut turned = vec![0_u8; row_len * rows as usize];
                // SAFETY: there is room for a strip of so many rows, however many this last one has.
                let done = unsafe { (self.read_strip)(file, top, words(&mut turned)?.as_mut_ptr(), 0) };
                swapped(&mut turned);
                let have = strip.len() / row_len;
                for (row, from) in
                    strip.chunks_exact_mut(row_len).zip(turned[..have * row_len].chunks_exact(row_len).rev())
                {
                    row.copy_from_slice(from);
                }
                if done == 0 {
                    strip.fill(u8::MAX);
                } else if ERRORS.get() != faults {
                    // Rows that were not decoded are black, unless 0 is white.
                    let black = |row: &[u8]| row.chunks_exact(4).all(|pixel| pixel[..3] == [0; 3]);
                    let missing = strip.chunks_exact(row_len).rev().take_while(|row| black(row)).count();
                    let whole = strip.len() - missing * row_len;
                    strip[whole..].fill(u8::MAX);
                }
            }
            Ok(())
        })
    }

    /// Opens the page, with bytes of this value after the file's end, and reports the problems found while it was read.
    fn with(
        &self,
        page: &SinglePage,
        directory: &Directory,
        beyond: u8,
        then: impl FnOnce(Handle) -> Result<(), DecodeError>,
    ) -> Result<ReadProblems, DecodeError> {
        let mut client = Client::new(page.clone(), beyond);
        let handle: Handle = (&raw mut client).cast();
        let faults = ERRORS.get();
        // SAFETY: the callbacks get `client`, which lives until the file is closed and which nothing else uses
        // meanwhile; the tags have one number each.
        let read = unsafe {
            let (name, mode) = (NAME.as_ptr(), MODE.as_ptr());
            let nothing = ptr::null();
            let file = (self.open)(
                name,
                mode,
                handle,
                client::read,
                client::write,
                client::seek,
                client::close,
                client::size,
                nothing,
                nothing,
            );
            if file.is_null() {
                return Err(DecodeError::PageUnreadable);
            }
            let (mut width, mut height) = (0_u32, 0_u32);
            (self.field)(file, WIDTH, &raw mut width);
            (self.field)(file, HEIGHT, &raw mut height);
            // The size is stored twice with different values: libtiff would write beyond the pixels.
            let same = (width, height) == (directory.width, directory.height);
            let read = if same { then(file) } else { Err(DecodeError::PageUnreadable) };
            (self.close)(file);
            read
        };
        read?;
        Ok(ReadProblems { faults: ERRORS.get() != faults, overread: client.overread() })
    }
}

/// The pixels as the 32-bit words that libtiff writes. Every allocator aligns a vector for them.
fn words(pixels: &mut [u8]) -> Result<&mut [u32], DecodeError> {
    // SAFETY: any four bytes are a word.
    let (before, words, after) = unsafe { pixels.align_to_mut::<u32>() };
    if before.is_empty() && after.is_empty() { Ok(words) } else { Err(DecodeError::PageUnreadable) }
}

/// Red is in a word's lowest bits, opacity in its highest.
fn swapped(pixels: &mut [u8]) {
    if cfg!(target_endian = "big") {
        pixels.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    }
}

/// Problems found while a page was read.
struct ReadProblems {
    faults: bool,
    /// Whether libtiff read beyond the file's end.
    overread: bool,
}

unsafe extern "C" fn on_error(_module: *const c_char, _format: *const c_char, _arguments: *mut c_void) {
    ERRORS.set(ERRORS.get() + 1);
}

/// # Safety
/// `module` is null or a C string.
unsafe extern "C" fn on_warning(module: *const c_char, _format: *const c_char, _arguments: *mut c_void) {
    // SAFETY: by this function's contract.
    if !module.is_null() && unsafe { CStr::from_ptr(module) }.to_bytes().starts_with(b"Fax") {
        ERRORS.set(ERRORS.get() + 1);
    }
}
