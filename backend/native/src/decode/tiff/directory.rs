//! The chain of directories, read without their contents, and a view of the file in which one of them is the only
//! one: the library reaches a page only through all pages before it, and refuses a chain that loops.

use std::io::{self, Read, Seek, SeekFrom};

use super::super::{DecodeError, source::Source};

/// TIFF 6.0: kind of a subfile, and how its samples are to be understood.
const NEW_SUBFILE_TYPE: u16 = 254;
const PHOTOMETRIC: u16 = 262;
const REDUCED: u64 = 1;
const BLACK_IS_ZERO: u16 = 1;
const PALETTE: u16 = 3;

/// Where a page is described.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    at: u64,
    /// Where the offset of the next one is stored.
    next_at: u64,
    pub(super) next: Option<u64>,
    /// A smaller copy of another page.
    pub(super) thumbnail: bool,
    /// Whether its samples are places in a palette.
    pub(super) palette: bool,
    /// Where its photometric interpretation is stored.
    photometric_at: Option<u64>,
}

/// The file's header.
pub(super) struct Chain {
    source: Source,
    little: bool,
    big: bool,
    first: u64,
}

impl Chain {
    pub(super) fn new(source: Source) -> Result<Self, DecodeError> {
        let head = source.head(16).map_err(|_| DecodeError::Broken)?;
        let little = head.first() == Some(&b'I');
        let chain = Self { source, little, big: false, first: 0 };
        let big = chain.number(head.get(2..4)) == Some(43);
        let first = chain.number(if big { head.get(8..16) } else { head.get(4..8) }).ok_or(DecodeError::Broken)?;
        Ok(Self { big, first, ..chain })
    }

    /// Where the first directory stands.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// The directory at an offset; none where there is none.
    pub(super) fn read(&self, at: u64) -> Option<Directory> {
        // Sizes of the entries' number, of an entry, of the place of its value, and of an offset.
        let (count_len, entry_len, value_at, offset_len) = if self.big { (8, 20, 12, 8) } else { (2, 12, 8, 4) };
        if at < 8 {
            return None;
        }
        let count = self.number(Some(&self.bytes(at, count_len)?))?;
        let entries_len = u16::try_from(count).ok().map(u64::from)? * entry_len;
        let entries = self.bytes(at + count_len, entries_len)?;
        let next_at = at + count_len + entries_len;
        // A file that was cut off right here still has this page.
        let next = self.bytes(next_at, offset_len).and_then(|offset| self.number(Some(&offset)));
        let mut directory = Directory {
            at,
            next_at,
            next: next.filter(|next| *next != 0),
            thumbnail: false,
            palette: false,
            photometric_at: None,
        };
        for (index, entry) in (0..).zip(entries.chunks_exact(entry_len as usize)) {
            let value = entry.get(value_at as usize..);
            match self.number(entry.get(..2)).and_then(|tag| u16::try_from(tag).ok()) {
                Some(NEW_SUBFILE_TYPE) => {
                    let kind = self.number(value.and_then(|value| value.get(..4)));
                    directory.thumbnail = kind.is_some_and(|kind| kind & REDUCED != 0);
                }
                Some(PHOTOMETRIC) => {
                    directory.palette = self.number(value.and_then(|value| value.get(..2))) == Some(PALETTE.into());
                    directory.photometric_at = Some(at + count_len + index * entry_len + value_at);
                }
                _ => {}
            }
        }
        Some(directory)
    }

    /// The file with this directory alone, and a palette's places told as greys: the library reads no palettes.
    pub(super) fn sole(&self, directory: &Directory) -> Sole {
        let offset = |value: u64| if self.big { self.spell(value, 8) } else { self.spell(value, 4) };
        let mut patches = vec![(if self.big { 8 } else { 4 }, offset(directory.at)), (directory.next_at, offset(0))];
        if let Some(at) = directory.photometric_at.filter(|_| directory.palette) {
            patches.push((at, self.spell(BLACK_IS_ZERO.into(), 2)));
        }
        Sole { source: self.source.rewound(), patches }
    }

    fn bytes(&self, at: u64, len: u64) -> Option<Vec<u8>> {
        let mut source = self.source.rewound();
        source.seek(SeekFrom::Start(at)).ok()?;
        let mut bytes = Vec::new();
        source.take(len).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 == len).then_some(bytes)
    }

    /// A number of at most eight bytes in the file's order.
    fn number(&self, bytes: Option<&[u8]>) -> Option<u64> {
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        bytes.map(|bytes| if self.little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) })
    }

    /// The same the other way round.
    fn spell(&self, number: u64, len: usize) -> Vec<u8> {
        if self.little { number.to_le_bytes()[..len].to_vec() } else { number.to_be_bytes()[8 - len..].to_vec() }
    }
}

/// A file, some of its bytes replaced.
#[derive(Debug)]
pub(super) struct Sole {
    source: Source,
    patches: Vec<(u64, Vec<u8>)>,
}

impl Read for Sole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let start = self.source.stream_position()?;
        let read = self.source.read(buffer)?;
        for (at, patch) in &self.patches {
            for (position, byte) in (*at..).zip(patch) {
                if let Some(index) = position.checked_sub(start).filter(|index| *index < read as u64) {
                    buffer[index as usize] = *byte;
                }
            }
        }
        Ok(read)
    }
}

impl Seek for Sole {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}
