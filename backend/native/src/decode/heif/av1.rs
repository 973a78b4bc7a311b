//! AV1, by dav1d in one thread.

use std::ffi::{c_int, c_uint, c_void};

use super::{
    api::{Api, Handle, functions},
    plugin::{self, Plane},
};

/// The beginning of `Dav1dSettings` (`dav1d/dav1d.h`, 1.0 and later), padded beyond the size of the whole struct.
#[repr(C)]
pub(super) struct Settings {
    threads: c_int,
    max_frame_delay: c_int,
    apply_grain: c_int,
    operating_point: c_int,
    all_layers: c_int,
    /// The maximum number of pixels of an image; 0 is unlimited.
    frame_size_limit: c_uint,
    rest: [u64; 128],
}

/// `Dav1dData`. Its fields are not accessed.
#[repr(C)]
pub(super) struct Data([u64; 64]);

/// The beginning of `Dav1dPicture` (`dav1d/picture.h`), padded beyond the size of the whole struct.
#[repr(C)]
pub(super) struct PageImage {
    sequence_header: *const c_void,
    frame_header: *const c_void,
    planes: [*const u8; 3],
    /// Bytes of a row of Y, and of Cb and Cr.
    strides: [isize; 2],
    width: c_int,
    height: c_int,
    /// 0 to 3: monochrome, 4:2:0, 4:2:2, 4:4:4, as libheif counts them.
    layout: c_int,
    bits: c_int,
    rest: [u64; 128],
}

functions! { Dav1d: "libdav1d.so.7", "libdav1d.so.6";
    default_settings = b"dav1d_default_settings\0": fn(*mut Settings);
    open = b"dav1d_open\0": fn(*mut Handle, *const Settings) -> c_int;
    close = b"dav1d_close\0": fn(*mut Handle);
    data_create = b"dav1d_data_create\0": fn(*mut Data, usize) -> *mut u8;
    data_unref = b"dav1d_data_unref\0": fn(*mut Data);
    send = b"dav1d_send_data\0": fn(Handle, *mut Data) -> c_int;
    get = b"dav1d_get_picture\0": fn(Handle, *mut PageImage) -> c_int;
    picture_unref = b"dav1d_picture_unref\0": fn(*mut PageImage);
}

/// The maximum number of pixels of an image, whatever the server's limit is.
const MAX_PIXELS: c_uint = 1 << 30;

impl Dav1d {
    /// Decodes one image from open bitstream units.
    pub(super) fn decode(&self, api: &Api, data: &[u8]) -> Option<Handle> {
        // SAFETY: zeroes are valid in all three; the library fills the settings, and what was opened is closed once.
        unsafe {
            let mut settings: Settings = std::mem::zeroed();
            (self.default_settings)(&raw mut settings);
            settings.threads = 1;
            settings.max_frame_delay = 1;
            settings.all_layers = 0;
            settings.frame_size_limit = MAX_PIXELS;
            let mut decoder: Handle = std::ptr::null_mut();
            if (self.open)(&raw mut decoder, &raw const settings) != 0 || decoder.is_null() {
                return None;
            }
            let image = self.decode_image(api, decoder, data);
            (self.close)(&raw mut decoder);
            image
        }
    }

    /// # Safety
    /// `decoder` is live.
    unsafe fn decode_image(&self, api: &Api, decoder: Handle, data: &[u8]) -> Option<Handle> {
        // SAFETY: the library allocates as many bytes as are copied; what it refers to is given back once. A picture has
        // the planes that its layout says.
        unsafe {
            let mut input: Data = std::mem::zeroed();
            let room = (self.data_create)(&raw mut input, data.len());
            if room.is_null() {
                return None;
            }
            std::ptr::copy_nonoverlapping(data.as_ptr(), room, data.len());
            let mut picture: PageImage = std::mem::zeroed();
            let again = -libc::EAGAIN;
            let mut got = again;
            // Each iteration either sends input or gets the image. Two should do.
            for _ in 0..3 {
                let sent = (self.send)(decoder, &raw mut input);
                got = (self.get)(decoder, &raw mut picture);
                if got != again || sent != 0 && sent != again {
                    break;
                }
            }
            (self.data_unref)(&raw mut input);
            if got != 0 {
                return None;
            }
            let planes: Vec<_> = (0..if picture.layout == 0 { 1 } else { 3 })
                .map(|channel: usize| {
                    let half =
                        |length: c_int, halved: bool| if channel > 0 && halved { (length + 1) / 2 } else { length };
                    Plane {
                        samples: picture.planes[channel],
                        stride: picture.strides[channel.min(1)],
                        width: half(picture.width, picture.layout < 3),
                        height: half(picture.height, picture.layout < 2),
                        bits: picture.bits,
                    }
                })
                .collect();
            let image = plugin::image(api, picture.layout, &planes);
            (self.picture_unref)(&raw mut picture);
            image
        }
    }
}
