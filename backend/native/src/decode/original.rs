//! A file that is passed on as it is, but without its metadata: where, when and with what a photograph was taken, thumbnails,
//! comments, and bytes after its end. None of that concerns an engine.

use std::{fs::File, os::unix::fs::FileExt};

use inkstream_core::image::ImageEncoding;

use super::{Rendered, fit::Unchanged, png::chunks, source::Source};

/// A file with more bytes per pixel is encoded again: as JPEG it is far smaller, and reaches an engine on another machine sooner.
const MAX_BYTES_PER_PIXEL: u64 = 1;
/// A file of at most this many bytes is passed on in any case.
const SMALL: u64 = 256 << 10;
/// The maximum number of bytes of metadata that are read to be removed.
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
    image: Unchanged,
}

impl Original {
    /// A PNG that has been checked. `None` if engines may not accept it.
    pub(super) fn png(file: &[u8], image: Unchanged) -> Option<Self> {
        Self { format: ImageEncoding::Png, bytes: stripped_png(file)?, image }.if_short()
    }

    /// A JPEG that has been checked. `None` if engines may not accept it.
    pub(super) fn jpeg(file: &[u8], image: Unchanged) -> Option<Self> {
        Self { format: ImageEncoding::Jpeg, bytes: stripped_jpeg(file)?, image }.if_short()
    }

    fn if_short(self) -> Option<Self> {
        (self.bytes.len() as u64 <= max_bytes(self.image.size)).then_some(self)
    }

    /// Writes the file into `out` from its start. `None` if it exceeds the capacity.
    pub(super) fn write(&self, out: &File, capacity: u64) -> Option<Rendered> {
        let len = self.bytes.len() as u64;
        (len <= capacity).then(|| out.write_all_at(&self.bytes, 0).ok())??;
        let Unchanged { size: (width, height), dpi } = self.image;
        Some(Rendered {
            width,
            height,
            dpi,
            lowered_dpi: None,
            truncated: false,
            further_images: false,
            format: self.format,
            len,
        })
    }
}

/// The whole file of an image of this size, unless it is so long that it would not be passed on.
pub(super) fn file(source: &Source, size: (u32, u32)) -> Option<Vec<u8>> {
    (source.len() <= max_bytes(size) + MAX_METADATA).then(|| source.head(source.len()).ok())?
}

fn max_bytes((width, height): (u32, u32)) -> u64 {
    (u64::from(width) * u64::from(height)).saturating_mul(MAX_BYTES_PER_PIXEL).max(SMALL)
}

/// The chunks that define the pixels (PNG, 11.2). A pixel's opacity (`tRNS`) is left out: the caller has checked that it is full.
fn stripped_png(file: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(file.len());
    kept.extend_from_slice(file.get(..8)?);
    for chunk in chunks::all(file) {
        match &chunk.name {
            // Some decoders truncate samples of 16 bits to 255 instead of scaling them.
            b"IHDR" if chunk.bytes.get(16) == Some(&16) => return None,
            // The resolution stays: an engine may use it for the height of letters.
            b"IHDR" | b"PLTE" | b"pHYs" | b"IDAT" => kept.extend_from_slice(chunk.bytes),
            b"IEND" => {
                kept.extend_from_slice(chunk.bytes);
                return Some(kept);
            }
            // An unknown chunk without which, as it says, the image cannot be shown.
            [first, ..] if first.is_ascii_uppercase() => return None,
            _ => {}
        }
    }
    None
}

/// The segments that define the pixels (ITU T.81, B.2), if the image is grey or has three components.
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
