//! Properties of a language model that are read from its file.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use super::direction;

/// `TESSDATA_LSTM_UNICHARSET` of Tesseract's `tessdatamanager.h`: the characters that the model knows, one per line.
const CHARACTERS: usize = 21;
/// The number of sections of a file since Tesseract 4.
const MAX_SECTIONS: usize = 64;
/// The maximum size of the section of characters in bytes. Chinese has 200,000.
const MAX_CHARACTERS: u64 = 16 << 20;

/// Whether a model has characters that are written from right to left. True for a file that cannot be parsed.
pub(super) fn writes_right_to_left(model: &Path) -> bool {
    characters(model)
        .map_or(true, |characters| String::from_utf8_lossy(&characters).chars().any(direction::is_right_to_left))
}

/// The section of a `.traineddata` file that lists the characters. The file begins with the number of sections and, for
/// each, its offset or -1, little-endian; a section ends where the next one begins.
fn characters(model: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(model)?;
    let length = file.metadata()?.len();
    let mut count = [0; 4];
    file.read_exact(&mut count)?;
    let count = u32::from_le_bytes(count) as usize;
    if !(CHARACTERS + 1..=MAX_SECTIONS).contains(&count) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut table = vec![0; count * 8];
    file.read_exact(&mut table)?;
    let offsets: Vec<u64> =
        table.chunks_exact(8).map(|offset| offset.try_into().map_or(u64::MAX, u64::from_le_bytes)).collect();
    let start = offsets[CHARACTERS];
    // As an unsigned number, -1 is beyond the end of any file.
    let end = offsets[CHARACTERS + 1..].iter().copied().find(|offset| *offset < length).unwrap_or(length);
    let size = end.checked_sub(start).filter(|size| *size <= MAX_CHARACTERS).ok_or(io::ErrorKind::InvalidData)?;
    file.seek(SeekFrom::Start(start))?;
    let mut section = Vec::new();
    file.take(size).read_to_end(&mut section)?;
    Ok(section)
}
