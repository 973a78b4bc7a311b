//! Finds damaged bytes within strips and tiles by checksums or the data's own structure, because decoders accept them.

use std::io::{self, Read, Seek, SeekFrom};

use flate2::read::ZlibDecoder;
use tiff::tags::Tag;

use super::{Page, directory::SinglePage};
use crate::decode::jpeg;

/// Compressions (TIFF 6.0 and its supplements): JPEG, and Deflate by its two numbers.
const JPEG: u16 = 7;
const DEFLATE: [u16; 2] = [8, 32_946];
/// The maximum number of bytes that are decompressed for a page: a few compressed bytes may claim any number.
const MAX_UNPACKED: u64 = 512 << 20;

/// Whether a strip or tile is damaged, of a page that was decoded without an error.
pub(super) fn is_in(page: &mut Page, file: &SinglePage, compression: u16) -> bool {
    if compression != JPEG && !DEFLATE.contains(&compression) {
        return false;
    }
    let mut numbers = |tags: [Tag; 2]| tags.into_iter().find_map(|tag| page.get_tag_u64_vec(tag).ok());
    let offsets = numbers([Tag::StripOffsets, Tag::TileOffsets]).unwrap_or_default();
    let lengths = numbers([Tag::StripByteCounts, Tag::TileByteCounts]).unwrap_or_default();
    let tables = page.get_tag_u8_vec(Tag::JPEGTables).unwrap_or_default();
    // No encoder writes overlapping strips.
    if lengths.iter().try_fold(0_u64, |sum, len| sum.checked_add(*len)).is_none_or(|sum| sum > file.len()) {
        return false;
    }
    let mut left = MAX_UNPACKED;
    offsets.into_iter().zip(lengths).filter_map(|(at, len)| chunk(file, at, len)).any(|chunk| {
        if compression == JPEG {
            return jpeg::is_damaged(&with_tables(&tables, &chunk));
        }
        // The checksum follows the last of the samples.
        let unpacked = io::copy(&mut ZlibDecoder::new(chunk.as_slice()).take(left), &mut io::sink());
        left -= unpacked.as_ref().map_or(0, |len| *len);
        unpacked.is_err()
    })
}

fn chunk(file: &SinglePage, at: u64, len: u64) -> Option<Vec<u8>> {
    let mut file = file.clone();
    file.seek(SeekFrom::Start(at)).ok()?;
    let mut chunk = Vec::new();
    file.take(len).read_to_end(&mut chunk).ok()?;
    Some(chunk)
}

/// Joins the shared tables and a strip's data. Both are streams with markers at their start and end.
fn with_tables(tables: &[u8], chunk: &[u8]) -> Vec<u8> {
    const MARK: usize = 2;
    match (tables.len().checked_sub(MARK), chunk.get(MARK..)) {
        (Some(end), Some(rest)) => [&tables[..end], rest].concat(),
        _ => chunk.to_vec(),
    }
}
