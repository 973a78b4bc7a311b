//! A file that is handed over as it is, but for what it tells beside its pixels: where, when and with what a photograph was
//! taken, thumbnails, comments, and whatever stands behind its end. None of that is an engine's business.

use std::{fs::File, os::unix::fs::FileExt};

use inkstream_core::image::ImageEncoding;

use super::source::Source;

/// A file with more than a byte a pixel is encoded again: a JPEG of it is smaller by far, and sooner with an engine that is
/// not on this machine. …
const MAX_BYTES_PER_PIXEL: u64 = 1;
/// … But for one that has no more bytes than this.
const SMALL: u64 = 256 << 10;
/// Bytes of metadata that are read to be left out.
const MAX_METADATA: u64 = 4 << 20;

/// Length of a JFIF segment without a thumbnail, its marker aside (JFIF 1.02).
const JFIF: usize = 16;
/// Length of Adobe's segment, which tells how colours are stored, its marker aside (Adobe Technical Note 5116).
const ADOBE: usize = 14;

/// A PNG or JPEG without metadata.
#[derive(Debug)]
pub struct Original {
    format: ImageEncoding,
    bytes: Vec<u8>,
}

impl Original {
    /// Of a PNG of so many pixels, which have been decoded without a fault. None where engines may not take it.
    pub(super) fn of_png(source: &Source, pixels: u64) -> Option<Self> {
        let bytes = stripped_png(&file(source, pixels)?)?;
        Self { format: ImageEncoding::Png, bytes }.if_short(pixels)
    }

    /// Of a JPEG, likewise.
    pub(super) fn of_jpeg(source: &Source, pixels: u64) -> Option<Self> {
        let bytes = stripped_jpeg(&file(source, pixels)?)?;
        Self { format: ImageEncoding::Jpeg, bytes }.if_short(pixels)
    }

    fn if_short(self, pixels: u64) -> Option<Self> {
        (self.bytes.len() as u64 <= max_bytes(pixels)).then_some(self)
    }

    /// The format that it has.
    pub(super) fn format(&self) -> ImageEncoding {
        self.format
    }

    /// Writes it into `out` from its start, if that has room for it, and returns its length in bytes.
    pub(super) fn write(&self, out: &File, capacity: u64) -> Option<u64> {
        let len = self.bytes.len() as u64;
        (len <= capacity).then(|| out.write_all_at(&self.bytes, 0).ok())??;
        Some(len)
    }
}

fn max_bytes(pixels: u64) -> u64 {
    pixels.saturating_mul(MAX_BYTES_PER_PIXEL).max(SMALL)
}

fn file(source: &Source, pixels: u64) -> Option<Vec<u8>> {
    (source.len() <= max_bytes(pixels) + MAX_METADATA).then(|| source.head(source.len()).ok())?
}

/// The chunks that make the pixels (PNG, 11.2). A pixel's opacity (`tRNS`) is not among them: the caller knows it to be full.
fn stripped_png(file: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(file.len());
    let (signature, mut rest) = file.split_at_checked(8)?;
    kept.extend_from_slice(signature);
    loop {
        let (len, _) = rest.split_first_chunk::<4>()?;
        let (chunk, after) = rest.split_at_checked((u32::from_be_bytes(*len) as usize).checked_add(12)?)?;
        match chunk.get(4..8)? {
            // Some decoders cut samples of 16 bits off at 255 instead of halving them.
            b"IHDR" if chunk.get(16) == Some(&16) => return None,
            // The resolution stays: an engine may look at the height of letters.
            b"IHDR" | b"PLTE" | b"pHYs" | b"IDAT" => kept.extend_from_slice(chunk),
            b"IEND" => {
                kept.extend_from_slice(chunk);
                return Some(kept);
            }
            // A chunk that nobody knows and that says that the picture cannot be shown without it.
            [first, ..] if first.is_ascii_uppercase() => return None,
            _ => {}
        }
        rest = after;
    }
}

/// The segments that make the pixels (ITU T.81, B.2), of a grey picture or one of three components.
fn stripped_jpeg(file: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(file.len());
    let mut rest = file.strip_prefix(&[0xff, 0xd8])?;
    kept.extend_from_slice(&[0xff, 0xd8]);
    loop {
        let [0xff, marker, after @ ..] = rest else { return None };
        match marker {
            // A fill byte.
            0xff => {
                rest = &rest[1..];
                continue;
            }
            0xd9 => {
                kept.extend_from_slice(&[0xff, 0xd9]);
                return Some(kept);
            }
            _ => {}
        }
        let (len, _) = after.split_first_chunk::<2>()?;
        let (segment, behind) = after.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        // The length counts its own two bytes.
        if segment.len() < 2 {
            return None;
        }
        rest = behind;
        match marker {
            0xe0 if segment[2..].starts_with(b"JFIF\0") && segment.len() >= JFIF => {
                kept.extend_from_slice(&[0xff, 0xe0, 0, JFIF as u8]);
                kept.extend_from_slice(&segment[2..JFIF - 2]);
                // No thumbnail.
                kept.extend_from_slice(&[0, 0]);
            }
            0xee if segment[2..].starts_with(b"Adobe") && segment.len() >= ADOBE => {
                kept.extend_from_slice(&[0xff, 0xee, 0, ADOBE as u8]);
                kept.extend_from_slice(&segment[2..ADOBE]);
            }
            0xe0..=0xef | 0xfe => {}
            // CMYK is not what every engine takes.
            0xc0..=0xc2 if !matches!(segment.get(7), Some(1 | 3)) => return None,
            0xc0..=0xc2 | 0xc4 | 0xdb | 0xdd => {
                kept.extend_from_slice(&[0xff, *marker]);
                kept.extend_from_slice(segment);
            }
            0xda => {
                kept.extend_from_slice(&[0xff, 0xda]);
                kept.extend_from_slice(segment);
                let (scan, behind) = behind.split_at(scan_len(behind)?);
                kept.extend_from_slice(scan);
                rest = behind;
            }
            _ => return None,
        }
    }
}

/// Length of a scan's entropy-coded data: up to a marker that is no restart.
fn scan_len(data: &[u8]) -> Option<usize> {
    let is_end = |at: &usize| !matches!(data.get(at + 1), Some(0 | 0xd0..=0xd7));
    memchr::memchr_iter(0xff, data).find(is_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_that_is_shorter_than_its_own_length_is_not_stripped() {
        for len in [0, 1] {
            assert_eq!(stripped_jpeg(&[0xff, 0xd8, 0xff, 0xe0, 0, len, 0xff, 0xd9]), None);
        }
    }
}
