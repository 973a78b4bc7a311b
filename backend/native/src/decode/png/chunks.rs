//! The chunks of a PNG in memory (ISO 15948, 5.3), and whether the compressed rows are whole.

use std::io::{self, BufRead, Read};

use flate2::bufread::ZlibDecoder;
use png::Info;

/// Bytes that are inflated at once. They stay in the processor's cache, and none is kept.
const BUFFER: usize = 64 << 10;
/// The largest number that names a filter of a row (ISO 15948, 9.2).
const MAX_FILTER: u8 = 4;

/// A chunk.
pub(in super::super) struct Chunk<'a> {
    pub(in super::super) name: [u8; 4],
    data: &'a [u8],
    /// All of it, with its length, name and checksum.
    pub(in super::super) bytes: &'a [u8],
}

/// The chunks of a file up to `IEND`, or up to the first that is cut off.
pub(in super::super) fn all(file: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = file.get(8..);
    std::iter::from_fn(move || {
        let (len, _) = rest?.split_first_chunk::<4>()?;
        let (bytes, after) = rest?.split_at_checked((u32::from_be_bytes(*len) as usize).checked_add(12)?)?;
        let name = *bytes.get(4..)?.first_chunk()?;
        rest = Some(after).filter(|_| name != *b"IEND");
        Some(Chunk { name, data: &bytes[8..bytes.len() - 4], bytes })
    })
}

/// Whether a chunk that may say which way is up, or what the resolution is, follows the pixels.
pub(super) fn has_metadata_at_end(file: &[u8]) -> bool {
    let mut at_end = all(file).skip_while(|chunk| chunk.name != *b"IDAT");
    at_end.any(|chunk| matches!(&chunk.name, b"eXIf" | b"tEXt" | b"zTXt" | b"iTXt" | b"pHYs"))
}

/// Whether the data of a file that is not interlaced inflates to all its rows: as many bytes as the header says, a filter that exists
/// at the start of each row, and the right checksum over all of them. Which values the pixels have does not matter.
pub(super) fn has_all_rows(file: &[u8], info: &Info<'_>) -> bool {
    let row_len = info.raw_row_length();
    let Some(len) = row_len.checked_mul(info.height as usize) else { return false };
    let mut rows = ZlibDecoder::new(ImageData::new(file));
    let mut buffer = vec![0; BUFFER];
    let mut at = 0;
    loop {
        match rows.read(&mut buffer) {
            // The decoder has compared the checksum.
            Ok(0) => return at == len,
            Ok(read) if read <= len - at => {
                let to_next_row = (row_len - at % row_len) % row_len;
                if buffer[..read].iter().skip(to_next_row).step_by(row_len).any(|filter| *filter > MAX_FILTER) {
                    return false;
                }
                at += read;
            }
            Ok(_) | Err(_) => return false,
        }
    }
}

/// The data of the `IDAT` chunks, which follow each other.
struct ImageData<'a, I> {
    chunks: I,
    data: &'a [u8],
}

impl<'a> ImageData<'a, ()> {
    fn new(file: &'a [u8]) -> ImageData<'a, impl Iterator<Item = &'a [u8]>> {
        let chunks = all(file)
            .skip_while(|chunk| chunk.name != *b"IDAT")
            .take_while(|chunk| chunk.name == *b"IDAT")
            .map(|chunk| chunk.data);
        ImageData { chunks, data: &[] }
    }
}

impl<'a, I: Iterator<Item = &'a [u8]>> BufRead for ImageData<'a, I> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.data.is_empty() {
            let Some(data) = self.chunks.next() else { break };
            self.data = data;
        }
        Ok(self.data)
    }

    fn consume(&mut self, amount: usize) {
        self.data = &self.data[amount..];
    }
}

impl<'a, I: Iterator<Item = &'a [u8]>> Read for ImageData<'a, I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.fill_buf()?.read(buffer)?;
        self.consume(len);
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use flate2::{Compression, write::ZlibEncoder};
    use png::Decoder;

    use super::*;

    fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
        let len = u32::try_from(data.len()).unwrap().to_be_bytes();
        let mut crc = crc32fast::Hasher::new();
        crc.update(&name);
        crc.update(data);
        [&len[..], &name, data, &crc.finalize().to_be_bytes()].concat()
    }

    /// A grey image of 3 by 2 pixels with these rows in two chunks, and further ones after them.
    fn png(rows: &[u8], after: &[u8]) -> Vec<u8> {
        let mut data = ZlibEncoder::new(Vec::new(), Compression::default());
        data.write_all(rows).unwrap();
        let data = data.finish().unwrap();
        let (first, second) = data.split_at(data.len() / 2);
        let header = chunk(*b"IHDR", &[0, 0, 0, 3, 0, 0, 0, 2, 8, 0, 0, 0, 0]);
        let (first, second, end) = (chunk(*b"IDAT", first), chunk(*b"IDAT", second), chunk(*b"IEND", &[]));
        [b"\x89PNG\r\n\x1a\n", &header[..], &first, &second, after, &end].concat()
    }

    fn has_rows(file: &[u8]) -> bool {
        has_all_rows(file, Decoder::new(Cursor::new(file)).read_info().unwrap().info())
    }

    #[test]
    fn rows_are_whole_only_if_each_is_there_with_a_known_filter_and_nothing_follows() {
        assert!(has_rows(&png(&[0, 1, 2, 3, 4, 5, 6, 7], &[])));
        for (what, rows) in [
            ("none", &[][..]),
            ("one row", &[0, 1, 2, 3]),
            ("a row and a half", &[0, 1, 2, 3, 4, 5]),
            ("three rows", &[0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3]),
            ("an unknown filter at first", &[5, 1, 2, 3, 4, 5, 6, 7]),
            ("an unknown filter later", &[0, 1, 2, 3, 5, 5, 6, 7]),
        ] {
            assert!(!has_rows(&png(rows, &[])), "{what}");
        }
        let whole = png(&[0, 1, 2, 3, 4, 5, 6, 7], &[]);
        // Without the second chunk, and without the end of the data.
        let second = whole.windows(4).rposition(|name| name == b"IDAT").unwrap() - 4;
        assert!(!has_rows(&[&whole[..second], &whole[whole.len() - 12..]].concat()));
        assert!(!has_rows(&whole[..whole.len() - 14]));
    }

    #[test]
    fn metadata_at_the_end_is_found_and_other_chunks_are_not_taken_for_it() {
        let rows = [0, 1, 2, 3, 4, 5, 6, 7];
        assert!(has_metadata_at_end(&png(&rows, &chunk(*b"eXIf", b"II"))));
        assert!(has_metadata_at_end(&png(&rows, &chunk(*b"tEXt", b"a\0b"))));
        assert!(!has_metadata_at_end(&png(&rows, &chunk(*b"tIME", &[0; 7]))));
        assert!(!has_metadata_at_end(&png(&rows, &[])));
    }
}
