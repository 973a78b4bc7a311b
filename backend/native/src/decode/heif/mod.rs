//! HEIC and AVIF by libheif: the primary image, with the file's rotation applied. libheif, libde265 and dav1d are bound
//! at run time if they are installed. A decode child may not start threads, but libheif's own decoders do; so this
//! module registers decoders that do not.

mod api;
mod av1;
mod hevc;
mod plugin;

use std::{ffi::c_int, ptr, sync::OnceLock};

use image::{DynamicImage, RgbaImage};
use inkstream_core::{image::ImageSpec, ports::FileFormat};

use self::{
    api::{Api, Handle, INTERLEAVED, INTERLEAVED_RGB, INTERLEAVED_RGBA, RGB},
    av1::Dav1d,
    hevc::De265,
};
use super::{
    DecodeError, DecodeLimits, Decoded, MissingLibrary, PageRaster, check_pixels, fit, kind, metadata::Metadata,
    source::Source,
};

/// libheif and its decoders. libheif's callbacks access them as a static.
struct Codecs {
    api: Api,
    hevc: Option<De265>,
    av1: Option<Dav1d>,
}

/// Set once in a process, because libheif keeps its registered decoders in a global variable.
static CODECS: OnceLock<Codecs> = OnceLock::new();

/// libheif with a decoder for each codec library that is installed.
#[derive(Clone, Copy)]
pub(super) struct LibHeif(&'static Codecs);

impl LibHeif {
    /// Binds the libraries.
    pub(super) fn load() -> Result<Self, MissingLibrary> {
        if let Some(codecs) = CODECS.get() {
            return Ok(Self(codecs));
        }
        let api = Api::load().ok_or(MissingLibrary::Libheif)?;
        let codecs = CODECS.get_or_init(|| Codecs { api, hevc: De265::load(), av1: Dav1d::load() });
        plugin::register(codecs).then_some(Self(codecs)).ok_or(MissingLibrary::Libheif)
    }

    fn can(self, format: FileFormat) -> Result<(), MissingLibrary> {
        match format {
            FileFormat::Avif if self.0.av1.is_none() => Err(MissingLibrary::Libdav1d),
            FileFormat::Heic if self.0.hevc.is_none() => Err(MissingLibrary::Libde265),
            _ => Ok(()),
        }
    }
}

/// A file whose primary image has a valid header.
pub(super) struct Heif {
    source: Source,
    format: FileFormat,
    library: LibHeif,
    limits: DecodeLimits,
}

impl Heif {
    pub(super) fn open(
        source: Source,
        format: FileFormat,
        limits: &DecodeLimits,
        library: &Result<LibHeif, MissingLibrary>,
    ) -> Result<Self, DecodeError> {
        let library = library.map_err(DecodeError::MissingLibrary)?;
        library.can(format).map_err(DecodeError::MissingLibrary)?;
        let heif = Self { source, format, library, limits: *limits };
        heif.primary(DecodeError::Broken, |_, _| Ok(()))?;
        Ok(heif)
    }

    /// Opens the primary image, checks its size, and passes it to `then`.
    fn primary<T>(
        &self,
        broken: DecodeError,
        then: impl FnOnce(&Api, &Primary<'_>) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let file = self.source.head(self.source.len()).map_err(|_| broken)?;
        let primary = Primary::open(&self.library.0.api, &file).ok_or(broken)?;
        check_pixels(primary.width, primary.height, &self.limits)?;
        then(&self.library.0.api, &primary)
    }
}

impl Decoded for Heif {
    fn format(&self) -> FileFormat {
        self.format
    }

    fn pages(&self) -> u32 {
        1
    }

    fn has_further_images(&self) -> bool {
        self.source.head(kind::HEAD).is_ok_and(|head| kind::is_sequence(&head))
    }

    fn rasterize(&mut self, page: u32, spec: &ImageSpec, _capacity: u64) -> Result<PageRaster, DecodeError> {
        if page != 1 {
            return Err(DecodeError::PageUnreadable);
        }
        let image = self.primary(DecodeError::PageUnreadable, |api, primary| {
            primary.decode(api, &self.limits).ok_or(DecodeError::PageUnreadable)
        })?;
        // libheif has applied rotations and mirrorings; Exif data only repeats them.
        fit::fitted(image, &Metadata::NONE, spec)
    }
}

/// The file's primary image.
struct Primary<'a> {
    api: &'a Api,
    context: Handle,
    handle: Handle,
    width: u32,
    height: u32,
}

impl<'a> Primary<'a> {
    /// `file` stays as long as what is returned: libheif does not copy it.
    fn open(api: &'a Api, file: &'a [u8]) -> Option<Self> {
        // SAFETY: the context is freed by `drop`, which comes before the end of `file`; handles are checked.
        unsafe {
            let context = (api.context_alloc)();
            if context.is_null() {
                return None;
            }
            let mut primary = Self { api, context, handle: ptr::null_mut(), width: 0, height: 0 };
            // libheif must not start threads.
            (api.context_set_threads)(context, 0);
            let read = (api.context_read)(context, file.as_ptr().cast(), file.len(), ptr::null());
            if !read.is_ok() || !(api.primary)(context, &raw mut primary.handle).is_ok() || primary.handle.is_null() {
                return None;
            }
            primary.width = u32::try_from((api.handle_width)(primary.handle)).ok()?;
            primary.height = u32::try_from((api.handle_height)(primary.handle)).ok()?;
            Some(primary)
        }
    }

    fn decode(&self, api: &Api, limits: &DecodeLimits) -> Option<DynamicImage> {
        // SAFETY: the handle is live; the image is checked, its plane lies within it, and it is released once.
        unsafe {
            let alpha = (api.handle_has_alpha)(self.handle) != 0;
            let chroma = if alpha { INTERLEAVED_RGBA } else { INTERLEAVED_RGB };
            let mut image: Handle = ptr::null_mut();
            let decoded = (api.decode)(self.handle, &raw mut image, RGB, chroma, ptr::null());
            if image.is_null() {
                return None;
            }
            let copied = if decoded.is_ok() { copied(api, image, alpha, limits) } else { None };
            (api.image_release)(image);
            copied
        }
    }
}

impl Drop for Primary<'_> {
    fn drop(&mut self) {
        // SAFETY: each is freed once, the handle before its context.
        unsafe {
            if !self.handle.is_null() {
                (self.api.handle_release)(self.handle);
            }
            (self.api.context_free)(self.context);
        }
    }
}

/// # Safety
/// `image` is a decoded image of interleaved samples.
unsafe fn copied(api: &Api, image: Handle, alpha: bool, limits: &DecodeLimits) -> Option<DynamicImage> {
    // SAFETY: by this function's contract.
    let (width, height, rows, stride) = unsafe {
        let mut stride: c_int = 0;
        let rows = (api.plane_readonly)(image, INTERLEAVED, &raw mut stride);
        ((api.image_width)(image, INTERLEAVED), (api.image_height)(image, INTERLEAVED), rows, stride)
    };
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    check_pixels(width, height, limits).ok()?;
    let row_len = width as usize * if alpha { 4 } else { 3 };
    let stride = usize::try_from(stride).ok().filter(|stride| *stride >= row_len && !rows.is_null())?;
    let mut pixels = Vec::with_capacity(row_len * height as usize);
    for y in 0..height as usize {
        // SAFETY: libheif keeps `height` rows of `stride` bytes there.
        pixels.extend_from_slice(unsafe { std::slice::from_raw_parts(rows.add(y * stride), row_len) });
    }
    if alpha {
        RgbaImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgba8)
    } else {
        fit::raw(width, height, true, pixels).ok()
    }
}
