//! Decoder plugins for libheif (`libheif/heif_plugin.h`) that start no threads.

use std::{
    ffi::{c_char, c_int, c_void},
    ptr,
};

use super::{
    CODECS, Codecs,
    api::{AV1, Api, HEVC, Handle, HeifError, MONOCHROME, YCBCR},
};

/// A priority above that of libheif's own decoders.
const PRIORITY: c_int = 1000;
/// The maximum number of bytes of an image's or tile's coded data.
const MAX_DATA: usize = 1 << 30;

/// `heif_decoder_plugin`, version 3.
#[repr(C)]
struct DecoderPlugin {
    version: c_int,
    name: unsafe extern "C" fn() -> *const c_char,
    init: Option<unsafe extern "C" fn()>,
    deinit: Option<unsafe extern "C" fn()>,
    supports: unsafe extern "C" fn(c_int) -> c_int,
    new: unsafe extern "C" fn(*mut Handle) -> HeifError,
    free: unsafe extern "C" fn(Handle),
    push: unsafe extern "C" fn(Handle, *const c_void, usize) -> HeifError,
    decode: unsafe extern "C" fn(Handle, *mut Handle) -> HeifError,
    set_strict: unsafe extern "C" fn(Handle, c_int),
    id: *const c_char,
}

// SAFETY: it holds functions and a constant string.
unsafe impl Sync for DecoderPlugin {}

const fn plugin(supports: unsafe extern "C" fn(c_int) -> c_int, decode: Decode) -> DecoderPlugin {
    DecoderPlugin {
        version: 3,
        name,
        init: None,
        deinit: None,
        supports,
        new,
        free,
        push,
        decode,
        set_strict,
        id: c"inkstream".as_ptr(),
    }
}

type Decode = unsafe extern "C" fn(Handle, *mut Handle) -> HeifError;

static HEVC_DECODER: DecoderPlugin = plugin(supports_hevc, decode_hevc);
static AV1_DECODER: DecoderPlugin = plugin(supports_av1, decode_av1);

/// Registers the decoders whose libraries are installed.
pub(super) fn register(codecs: &Codecs) -> bool {
    let register = |there: bool, plugin: &'static DecoderPlugin| {
        // SAFETY: the plugin lives as long as the process.
        !there || unsafe { (codecs.api.register_decoder)(ptr::from_ref(plugin).cast()) }.is_ok()
    };
    register(codecs.hevc.is_some(), &HEVC_DECODER) && register(codecs.av1.is_some(), &AV1_DECODER)
}

/// One plane of samples: one byte each at a depth of eight bits, else two.
pub(super) struct Plane {
    pub(super) samples: *const u8,
    /// Bytes from the start of a row to the next.
    pub(super) stride: isize,
    pub(super) width: c_int,
    pub(super) height: c_int,
    pub(super) bits: c_int,
}

/// An image of libheif's with copies of these planes: Y, or Y, Cb and Cr. `chroma` is libheif's number.
///
/// # Safety
/// Each plane has `height` rows of `width` samples.
pub(super) unsafe fn image(api: &Api, chroma: c_int, planes: &[Plane]) -> Option<Handle> {
    let first = planes.first()?;
    let colours = if planes.len() == 1 { MONOCHROME } else { YCBCR };
    let mut image: Handle = ptr::null_mut();
    // SAFETY: the image is checked, and released where it does not become whole; libheif's planes have room for the rows
    // that are asked of it.
    unsafe {
        if !(api.image_create)(first.width, first.height, colours, chroma, &raw mut image).is_ok() || image.is_null() {
            return None;
        }
        for (channel, plane) in (0..).zip(planes) {
            let added = (api.add_plane)(image, channel, plane.width, plane.height, plane.bits);
            let mut stride: c_int = 0;
            let to = (api.plane)(image, channel, &raw mut stride);
            let row_len = plane.width as usize * if plane.bits > 8 { 2 } else { 1 };
            if !added.is_ok() || to.is_null() || plane.samples.is_null() || (stride as usize) < row_len {
                (api.image_release)(image);
                return None;
            }
            for y in 0..plane.height as isize {
                let from = plane.samples.offset(y * plane.stride);
                ptr::copy_nonoverlapping(from, to.offset(y * stride as isize), row_len);
            }
        }
    }
    Some(image)
}

unsafe extern "C" fn name() -> *const c_char {
    c"inkstream".as_ptr()
}

unsafe extern "C" fn supports_hevc(format: c_int) -> c_int {
    if format == HEVC { PRIORITY } else { 0 }
}

unsafe extern "C" fn supports_av1(format: c_int) -> c_int {
    if format == AV1 { PRIORITY } else { 0 }
}

/// The decoder's state is the coded data that it was given.
unsafe extern "C" fn new(decoder: *mut Handle) -> HeifError {
    // SAFETY: libheif's own variable.
    unsafe { *decoder = Box::into_raw(Box::<Vec<u8>>::default()).cast() };
    HeifError::OK
}

unsafe extern "C" fn free(decoder: Handle) {
    // SAFETY: one of `new`, given back once.
    drop(unsafe { Box::from_raw(decoder.cast::<Vec<u8>>()) });
}

unsafe extern "C" fn push(decoder: Handle, bytes: *const c_void, len: usize) -> HeifError {
    // SAFETY: one of `new`, and as many bytes as libheif says.
    let (data, bytes) =
        unsafe { (&mut *decoder.cast::<Vec<u8>>(), std::slice::from_raw_parts(bytes.cast::<u8>(), len)) };
    if data.len() + len > MAX_DATA {
        return HeifError::DECODER;
    }
    data.extend_from_slice(bytes);
    HeifError::OK
}

unsafe extern "C" fn set_strict(_decoder: Handle, _strict: c_int) {}

unsafe extern "C" fn decode_hevc(decoder: Handle, image: *mut Handle) -> HeifError {
    // SAFETY: one of `new`.
    let data = unsafe { &*decoder.cast::<Vec<u8>>() };
    let decoded = CODECS.get().and_then(|codecs| codecs.hevc.as_ref()?.decode(&codecs.api, data));
    // SAFETY: libheif's own variable.
    unsafe { given(decoded, image) }
}

unsafe extern "C" fn decode_av1(decoder: Handle, image: *mut Handle) -> HeifError {
    // SAFETY: one of `new`.
    let data = unsafe { &*decoder.cast::<Vec<u8>>() };
    let decoded = CODECS.get().and_then(|codecs| codecs.av1.as_ref()?.decode(&codecs.api, data));
    // SAFETY: libheif's own variable.
    unsafe { given(decoded, image) }
}

/// # Safety
/// `image` may be written to.
unsafe fn given(decoded: Option<Handle>, image: *mut Handle) -> HeifError {
    let Some(decoded) = decoded else { return HeifError::DECODER };
    // SAFETY: by this function's contract.
    unsafe { *image = decoded };
    HeifError::OK
}
