//! The part of libheif's C API (`libheif/heif.h`, 1.13 and later) that decoding takes, bound at run time.

use std::ffi::{c_char, c_int, c_void};

/// An opaque C object.
pub(super) type Handle = *mut c_void;

/// `heif_colorspace`.
pub(super) const YCBCR: c_int = 0;
pub(super) const RGB: c_int = 1;
pub(super) const MONOCHROME: c_int = 2;
/// `heif_chroma`; 0 to 3 are monochrome, 4:2:0, 4:2:2 and 4:4:4.
pub(super) const INTERLEAVED_RGB: c_int = 10;
pub(super) const INTERLEAVED_RGBA: c_int = 11;
/// `heif_channel`; 0 to 2 are Y, Cb and Cr.
pub(super) const INTERLEAVED: c_int = 10;
/// `heif_compression_format`.
pub(super) const HEVC: c_int = 1;
pub(super) const AV1: c_int = 4;

/// `heif_error`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct HeifError {
    code: c_int,
    sub_code: c_int,
    message: *const c_char,
}

impl HeifError {
    pub(super) const OK: Self = Self { code: 0, sub_code: 0, message: c"".as_ptr() };
    /// `heif_error_Decoder_plugin_error`.
    pub(super) const DECODER: Self = Self { code: 7, sub_code: 0, message: c"not decoded".as_ptr() };

    pub(super) fn is_ok(self) -> bool {
        self.code == 0
    }
}

/// Declares a struct of C functions: one field a function, resolved by its C name.
macro_rules! functions {
    ($name:ident: $($library:literal),+; $($field:ident = $symbol:literal : fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions; they stay valid as long as the library, which the last field holds.
        pub(super) struct $name {
            $(pub(super) $field: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
            _library: libloading::Library,
        }

        impl $name {
            /// `None` if the library or one of the functions is missing.
            pub(super) fn load() -> Option<Self> {
                // SAFETY: the library's initialisers set up its own tables alone.
                let library = [$($library),+].into_iter().find_map(|name| unsafe { libloading::Library::new(name) }.ok())?;
                $(
                    // SAFETY: the type is the one that the library's header declares for this symbol.
                    let $field = *unsafe {
                        library.get::<unsafe extern "C" fn($($argument),*) $(-> $result)?>($symbol)
                    }.ok()?;
                )*
                Some(Self { $($field,)* _library: library })
            }
        }
    };
}
pub(super) use functions;

functions! { Api: "libheif.so.1";
    context_alloc = b"heif_context_alloc\0": fn() -> Handle;
    context_free = b"heif_context_free\0": fn(Handle);
    context_set_threads = b"heif_context_set_max_decoding_threads\0": fn(Handle, c_int);
    context_read = b"heif_context_read_from_memory_without_copy\0":
        fn(Handle, *const c_void, usize, *const c_void) -> HeifError;
    primary = b"heif_context_get_primary_image_handle\0": fn(Handle, *mut Handle) -> HeifError;
    handle_release = b"heif_image_handle_release\0": fn(Handle);
    handle_width = b"heif_image_handle_get_width\0": fn(Handle) -> c_int;
    handle_height = b"heif_image_handle_get_height\0": fn(Handle) -> c_int;
    handle_has_alpha = b"heif_image_handle_has_alpha_channel\0": fn(Handle) -> c_int;
    decode = b"heif_decode_image\0": fn(Handle, *mut Handle, c_int, c_int, *const c_void) -> HeifError;
    image_release = b"heif_image_release\0": fn(Handle);
    image_width = b"heif_image_get_width\0": fn(Handle, c_int) -> c_int;
    image_height = b"heif_image_get_height\0": fn(Handle, c_int) -> c_int;
    plane_readonly = b"heif_image_get_plane_readonly\0": fn(Handle, c_int, *mut c_int) -> *const u8;
    image_create = b"heif_image_create\0": fn(c_int, c_int, c_int, c_int, *mut Handle) -> HeifError;
    add_plane = b"heif_image_add_plane\0": fn(Handle, c_int, c_int, c_int, c_int) -> HeifError;
    plane = b"heif_image_get_plane\0": fn(Handle, c_int, *mut c_int) -> *mut u8;
    register_decoder = b"heif_register_decoder_plugin\0": fn(*const c_void) -> HeifError;
}
