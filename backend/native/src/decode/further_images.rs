//! Whether a file holds further images beside the one that is rendered.

use std::io::BufReader;

use exif::{Context, In, Tag, Value};
use gif::DecodeOptions;
use image::ImageFormat;

use super::{jpeg, source::Source, webp};

/// The entries of a Multi-Image file (CIPA DC-007, 5.2.3.3), 16 bytes for each image.
const MP_ENTRY: Tag = Tag(Context::Tiff, 0xb002);
const MP_ENTRY_LEN: usize = 16;
/// The class of an image's type (5.2.3.3.1): panorama, stereo pair or angles. Other images of such files are thumbnails, and the
/// gain maps of telephones.
const MULTI_FRAME: u32 = 2;

/// Whether the file is an animation of several frames, or a photograph of several views.
pub(super) fn in_file(source: &Source, format: ImageFormat) -> bool {
    match format {
        ImageFormat::Gif => has_second_frame(source),
        ImageFormat::WebP => webp::is_animation(source),
        ImageFormat::Jpeg => {
            let head = source.head(source.len().min(jpeg::MAX_HEAD)).unwrap_or_default();
            multi_image_index(&head).is_some_and(has_second_view)
        }
        _ => false,
    }
}

fn has_second_frame(source: &Source) -> bool {
    let mut options = DecodeOptions::new();
    options.skip_frame_decoding(true);
    let Ok(mut decoder) = options.read_info(BufReader::new(source.rewound())) else { return false };
    let mut next = || matches!(decoder.next_frame_info(), Ok(Some(_)));
    next() && next()
}

/// The index of a Multi-Image file: a TIFF structure in a segment APP2.
fn multi_image_index(head: &[u8]) -> Option<&[u8]> {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = head.get(at..at + 4) {
        let end = at + 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
        match marker {
            0xff => at += 1,
            // Start of scan (SOS).
            0xda => return None,
            0xe2 if head.get(at + 4..).is_some_and(|data| data.starts_with(b"MPF\0")) => return head.get(at + 8..end),
            _ => at = end,
        }
    }
    None
}

fn has_second_view(index: &[u8]) -> bool {
    let Ok(index) = exif::Reader::new().read_raw(index.to_vec()) else { return false };
    let Some(Value::Undefined(entries, _)) = index.get_field(MP_ENTRY, In::PRIMARY).map(|field| &field.value) else {
        return false;
    };
    let class = |entry: &[u8]| {
        let attribute = [entry[0], entry[1], entry[2], entry[3]];
        let attribute =
            if index.little_endian() { u32::from_le_bytes(attribute) } else { u32::from_be_bytes(attribute) };
        attribute >> 16 & 0xff
    };
    entries.chunks_exact(MP_ENTRY_LEN).skip(1).any(|entry| class(entry) == MULTI_FRAME)
}
