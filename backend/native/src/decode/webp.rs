//! Exif data of a WebP, and the rows of a file that is cut off, which the image crate does not give. libwebp decodes
//! those; it is installed as a dependency of Tesseract's Leptonica.

use std::{
    ffi::{c_int, c_void},
    io::{Read, Seek, SeekFrom, Take},
    iter,
};

use image::{DynamicImage, RgbaImage};
use libloading::Library;

use super::{DecodeError, source::Source};

/// The maximum length of Exif data in bytes. A JPEG has room for 64 KiB.
const MAX_EXIF: u64 = 1 << 20;
/// The maximum number of a file's chunks that are read.
const MAX_CHUNKS: usize = 10_000;
/// `MODE_RGBA` of `WEBP_CSP_MODE`.
const RGBA: c_int = 1;

/// The Exif data as it is stored.
pub(super) fn exif(source: &Source) -> Option<Vec<u8>> {
    let (_, data) = chunks(source).find(|(name, _)| name == b"EXIF")?;
    let mut bytes = Vec::new();
    data.take(MAX_EXIF).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Whether the file is an animation with several frames.
pub(super) fn is_animation(source: &Source) -> bool {
    chunks(source).filter(|(name, _)| name == b"ANMF").nth(1).is_some()
}

/// The names and data of the file's chunks.
fn chunks(source: &Source) -> impl Iterator<Item = ([u8; 4], Take<Source>)> {
    let mut at = 12;
    let chunk = move || {
        let mut source = source.rewound();
        source.seek(SeekFrom::Start(at)).ok()?;
        let (mut name, mut len) = ([0; 4], [0; 4]);
        source.read_exact(&mut name).and_then(|()| source.read_exact(&mut len)).ok()?;
        let len = u64::from(u32::from_le_bytes(len));
        at += 8 + len.next_multiple_of(2);
        Some((name, source.take(len)))
    };
    iter::from_fn(chunk).take(MAX_CHUNKS)
}

type Decoder = *mut c_void;

/// libwebp's functions (`webp/decode.h`); they stay valid as long as the library, which the last field holds.
pub(super) struct LibWebp {
    info: unsafe extern "C" fn(*const u8, usize, *mut c_int, *mut c_int) -> c_int,
    new: unsafe extern "C" fn(c_int, *mut u8, usize, c_int) -> Decoder,
    update: unsafe extern "C" fn(Decoder, *const u8, usize) -> c_int,
    rows: unsafe extern "C" fn(Decoder, *mut c_int, *mut c_int, *mut c_int, *mut c_int) -> *const u8,
    delete: unsafe extern "C" fn(Decoder),
    _library: Library,
}

impl LibWebp {
    /// `None` if libwebp is not installed.
    pub(super) fn load() -> Option<Self> {
        // SAFETY: the library's initialisers set up its own tables alone.
        let library = unsafe { Library::new("libwebp.so.7") }.ok()?;
        // SAFETY: the types are those that webp/decode.h declares for these symbols since libwebp 0.5.
        unsafe {
            Some(Self {
                info: *library.get(b"WebPGetInfo\0").ok()?,
                new: *library.get(b"WebPINewRGB\0").ok()?,
                update: *library.get(b"WebPIUpdate\0").ok()?,
                rows: *library.get(b"WebPIDecGetRGB\0").ok()?,
                delete: *library.get(b"WebPIDelete\0").ok()?,
                _library: library,
            })
        }
    }

    /// Width and height, if the file is long enough to contain them.
    pub(super) fn size(&self, file: &[u8]) -> Option<(u32, u32)> {
        let (mut width, mut height) = (0, 0);
        // SAFETY: the file's bytes and two numbers of this function.
        let known = unsafe { (self.info)(file.as_ptr(), file.len(), &raw mut width, &raw mut height) } != 0;
        known.then_some((u32::try_from(width).ok()?, u32::try_from(height).ok()?))
    }

    /// Decodes the rows of a file that is cut off, white below them, and tells whether any is missing.
    pub(super) fn rows(&self, file: &[u8]) -> Result<(DynamicImage, bool), DecodeError> {
        let (width, height) = self.size(file).ok_or(DecodeError::PageUnreadable)?;
        let row_len = width as usize * 4;
        let mut pixels = vec![u8::MAX; row_len * height as usize];
        let stride = c_int::try_from(row_len).map_err(|_| DecodeError::TooManyPixels)?;
        // SAFETY: `pixels` has room for all rows of this stride, and lives until the decoder is deleted; so does `file`,
        // whose bytes the decoder keeps.
        let done = unsafe {
            let decoder = (self.new)(RGBA, pixels.as_mut_ptr(), pixels.len(), stride);
            if decoder.is_null() {
                return Err(DecodeError::PageUnreadable);
            }
            (self.update)(decoder, file.as_ptr(), file.len());
            let (mut last, mut w, mut h, mut s) = (0, 0, 0, 0);
            let rows = (self.rows)(decoder, &raw mut last, &raw mut w, &raw mut h, &raw mut s);
            (self.delete)(decoder);
            if rows.is_null() { 0 } else { usize::try_from(last).unwrap_or(0) }
        };
        if done == 0 {
            return Err(DecodeError::PageUnreadable);
        }
        let whole = (done * row_len).min(pixels.len());
        pixels[whole..].fill(u8::MAX);
        let image = RgbaImage::from_raw(width, height, pixels).ok_or(DecodeError::PageUnreadable)?;
        Ok((DynamicImage::ImageRgba8(image), done < height as usize))
    }
}
