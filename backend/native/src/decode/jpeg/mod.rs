//! Finds out whether a JPEG is whole. The decoder fills missing parts with mid-grey and reports nothing.

mod bits;
mod entropy;
mod huffman;
mod scan;

use image::DynamicImage;
use zune_core::{bytestream::ZCursor, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

use self::entropy::ScanError;

/// The sample that the decoder fills missing parts with.
const FILLED: u8 = 128;
/// The end-of-image marker.
const EOI: u8 = 0xd9;

/// The maximum number of bytes in which the frame header is searched. Profiles and thumbnails before it rarely have
/// more.
pub(super) const MAX_HEAD: u64 = 4 << 20;

/// Whether the decoder does not support the frame's coding. Of the frame markers of ITU T.81 (table B.1) it supports
/// SOF0 to SOF2, baseline and progressive, with 8 bits a sample.
pub(super) fn is_unsupported(head: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low, precision]) = head.get(at..at + 5) {
        match marker {
            0xff => at += 1,
            0xc0..=0xc2 => return precision != 8,
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return true,
            // Start of scan (SOS): no frame came before it.
            0xda => return false,
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2),
        }
    }
    false
}

/// Fills the rows that are missing from `file` with white, and returns whether any part is missing or damaged.
pub(super) fn whiten_missing(image: &mut DynamicImage, file: &[u8]) -> bool {
    let row_len = image.as_bytes().len() / image.height().max(1) as usize;
    let pixels = match image {
        DynamicImage::ImageLuma8(grey) => &mut **grey,
        DynamicImage::ImageRgb8(rgb) => &mut **rgb,
        _ => &mut [],
    };
    let filled = pixels.iter().rev().take_while(|sample| **sample == FILLED).count();
    let lacks_rows = filled >= row_len.max(1);
    let whole = ends(file)
        && match entropy::scan_error(file) {
            None => true,
            Some(ScanError::Damaged) => false,
            // An undamaged image may also end in mid-grey. Then the strict decoder finds no error.
            Some(ScanError::Unknown) => !lacks_rows || is_sound(file),
        };
    if lacks_rows && !whole {
        let shown = pixels.len() - filled;
        pixels[shown..].fill(u8::MAX);
    }
    !whole
}

/// Whether nothing of the image is missing or damaged. Decodes no pixels.
pub(super) fn is_whole(file: &[u8]) -> bool {
    entropy::is_whole(file)
}

/// Whether a scan is known to be damaged.
pub(super) fn is_damaged(file: &[u8]) -> bool {
    entropy::scan_error(file) == Some(ScanError::Damaged)
}

/// Whether the end-of-image marker is there (ITU T.81, EOI), so that nothing was cut off.
fn ends(file: &[u8]) -> bool {
    end(file).is_ok()
}

/// A file that is cut off, ended after its last whole segment or scan data: the decoder needs an end marker to decode a
/// progressive image's first scan. `None` if it is not cut off.
pub(super) fn ended(file: &[u8]) -> Option<Vec<u8>> {
    let whole = end(file).err()?;
    Some([&file[..whole.min(file.len())], &[0xff, EOI]].concat())
}

/// The position of the end-of-image marker. The error is where the incomplete part begins.
fn end(file: &[u8]) -> Result<usize, usize> {
    let mut at = 2;
    // Skip bytes between segments, and entropy-coded data, up to the next marker.
    while let Some(marker) = file.get(at..).and_then(|rest| memchr::memchr(0xff, rest)) {
        let start = at + marker;
        at = start + 1;
        match file.get(at) {
            None => return Err(start),
            Some(&EOI) => return Ok(start),
            // Fill bytes, a stuffed zero, and markers without a segment.
            Some(0xff) => {}
            Some(0 | 1 | 0xd0..=0xd8) => at += 1,
            Some(_) => {
                let Some(&[high, low]) = file.get(at + 1..at + 3) else { return Err(start) };
                at += 1 + usize::from(u16::from_be_bytes([high, low])).max(2);
                if at > file.len() {
                    return Err(start);
                }
            }
        }
    }
    Err(file.len())
}

/// Whether a strict decoder reads the file to its end.
fn is_sound(file: &[u8]) -> bool {
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(usize::MAX).set_max_height(usize::MAX);
    JpegDecoder::new_with_options(ZCursor::new(file), options).decode().is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_unsupported;

    fn head(frame: u8, precision: u8) -> Vec<u8> {
        let before = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff];
        [&before[..], &[0xff, frame, 0, 11, precision, 0, 8, 0, 8, 1, 1, 0x11, 0]].concat()
    }

    #[test]
    fn arithmetic_lossless_and_deep_jpegs_are_distinguished_from_damaged_ones() {
        for (frame, precision, unsupported) in [
            (0xc0, 8, false),
            (0xc1, 8, false),
            (0xc2, 8, false),
            (0xc1, 12, true),
            (0xc3, 8, true),
            (0xc9, 8, true),
            (0xca, 8, true),
        ] {
            assert_eq!(is_unsupported(&head(frame, precision)), unsupported, "{frame:x} {precision}");
        }
        for damaged in [&b""[..], b"\xff\xd8", b"\xff\xd8\xff\xda\x00\x08\x01", b"\xff\xd8junk in between"] {
            assert!(!is_unsupported(damaged));
        }
    }
}
