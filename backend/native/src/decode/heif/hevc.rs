//! HEVC, by libde265 without worker threads.

use std::ffi::{c_int, c_void};

use super::{
    api::{Api, Handle, functions},
    plugin::{self, Plane},
};

functions! { De265: "libde265.so.0";
    new = b"de265_new_decoder\0": fn() -> Handle;
    free = b"de265_free_decoder\0": fn(Handle) -> c_int;
    push_nal = b"de265_push_NAL\0": fn(Handle, *const c_void, c_int, i64, *const c_void) -> c_int;
    flush = b"de265_flush_data\0": fn(Handle) -> c_int;
    step = b"de265_decode\0": fn(Handle, *mut c_int) -> c_int;
    next_picture = b"de265_get_next_picture\0": fn(Handle) -> Handle;
    chroma = b"de265_get_chroma_format\0": fn(Handle) -> c_int;
    width = b"de265_get_image_width\0": fn(Handle, c_int) -> c_int;
    height = b"de265_get_image_height\0": fn(Handle, c_int) -> c_int;
    bits = b"de265_get_bits_per_pixel\0": fn(Handle, c_int) -> c_int;
    plane = b"de265_get_image_plane\0": fn(Handle, c_int, *mut c_int) -> *const u8;
}

impl De265 {
    /// Decodes one image from NAL units. Each follows its length in four bytes.
    pub(super) fn decode(&self, api: &Api, data: &[u8]) -> Option<Handle> {
        // SAFETY: the decoder is checked, used here alone and freed once; `data` outlives it.
        unsafe {
            let decoder = (self.new)();
            if decoder.is_null() {
                return None;
            }
            let image = if self.push(decoder, data).is_some() { self.decode_image(api, decoder) } else { None };
            (self.free)(decoder);
            image
        }
    }

    /// # Safety
    /// `decoder` is live.
    unsafe fn push(&self, decoder: Handle, data: &[u8]) -> Option<()> {
        let mut rest = data;
        while let Some((len, after)) = rest.split_first_chunk::<4>() {
            let (unit, others) = after.split_at_checked(u32::from_be_bytes(*len) as usize)?;
            let len = c_int::try_from(unit.len()).ok()?;
            // SAFETY: libde265 copies the unit.
            if unsafe { (self.push_nal)(decoder, unit.as_ptr().cast(), len, 0, std::ptr::null()) } != 0 {
                return None;
            }
            rest = others;
        }
        Some(())
    }

    /// # Safety
    /// `decoder` is live.
    unsafe fn decode_image(&self, api: &Api, decoder: Handle) -> Option<Handle> {
        // SAFETY: a picture belongs to its decoder, and has the planes that its chroma format says.
        unsafe {
            (self.flush)(decoder);
            let mut more = 1;
            while more != 0 {
                more = 0;
                if (self.step)(decoder, &raw mut more) != 0 {
                    return None;
                }
                let picture = (self.next_picture)(decoder);
                if picture.is_null() {
                    continue;
                }
                let chroma = (self.chroma)(picture);
                let planes: Vec<_> = (0..if chroma == 0 { 1 } else { 3 })
                    .map(|channel| {
                        let mut stride = 0;
                        let samples = (self.plane)(picture, channel, &raw mut stride);
                        let (width, height) = ((self.width)(picture, channel), (self.height)(picture, channel));
                        Plane { samples, stride: stride as isize, width, height, bits: (self.bits)(picture, channel) }
                    })
                    .collect();
                return plugin::image(api, chroma, &planes);
            }
            None
        }
    }
}
