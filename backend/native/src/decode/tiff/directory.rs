//! Reads the chain of directories, and gives a view of the file in which one of them is the only one. The library
//! reaches a page only through all pages before it, and refuses a chain with a loop.

use std::io::{self, Read, Seek, SeekFrom};

use super::super::{
    DecodeError,
    metadata::{self, Density, Metadata},
    source::Source,
};

/// TIFF 6.0's tags that are read here.
const NEW_SUBFILE_TYPE: u16 = 254;
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const ORIENTATION: u16 = 274;
const X_RESOLUTION: u16 = 282;
const Y_RESOLUTION: u16 = 283;
const RESOLUTION_UNIT: u16 = 296;
/// Types of a value.
const SHORT: u64 = 3;
const LONG8: u64 = 16;

const REDUCED: u64 = 1;
const BLACK_IS_ZERO: u16 = 1;
const PALETTE: u64 = 3;
/// Photometric interpretations of the Lab colour space: CIE's, ICC's, ITU's.
const LAB: std::ops::RangeInclusive<u64> = 8..=10;
/// Compressions that the `tiff` crate reads in full: none, LZW, JPEG, Deflate (two numbers), `PackBits`.
const PLAIN: [u16; 6] = [1, 5, 7, 8, 32_773, 32_946];

/// A directory: the description of a page.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    at: u64,
    /// The position at which the next directory's offset is stored.
    next_at: u64,
    pub(super) next: Option<u64>,
    /// Whether the page is a smaller copy of another one.
    pub(super) thumbnail: bool,
    /// Whether the samples are indices of a palette.
    pub(super) palette: bool,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) compression: u16,
    /// Whether the `tiff` crate would fail, or decode the page wrongly, because it ignores `FillOrder`.
    pub(super) unusual: bool,
    pub(super) metadata: Metadata,
    /// The position at which the photometric interpretation is stored.
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

    /// The offset of the first directory.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// Reads the directory at an offset; `None` if there is none.
    pub(super) fn directory_at(&self, at: u64) -> Option<Directory> {
        // Sizes in bytes of the number of entries, of an entry, of its value, and of an offset.
        let (count_len, entry_len, value_at, offset_len) = if self.big { (8, 20, 12, 8) } else { (2, 12, 8, 4) };
        if at < 8 {
            return None;
        }
        let count = self.number(Some(&self.bytes(at, count_len)?))?;
        let entries_len = u16::try_from(count).ok().map(u64::from)? * entry_len;
        let entries = self.bytes(at + count_len, entries_len)?;
        let next_at = at + count_len + entries_len;
        // A file that was cut off after the directory still has this page.
        let next = self.bytes(next_at, offset_len).and_then(|offset| self.number(Some(&offset)));
        let mut directory = Directory {
            at,
            next_at,
            next: next.filter(|next| *next != 0),
            thumbnail: false,
            palette: false,
            width: 0,
            height: 0,
            compression: 1,
            unusual: false,
            metadata: Metadata::NONE,
            photometric_at: None,
        };
        let (mut reversed, mut lab, mut x, mut y, mut unit) = (false, false, None, None, 2);
        for (index, entry) in (0..).zip(entries.chunks_exact(entry_len as usize)) {
            let field = entry.get(value_at as usize..);
            // A number of one to eight bytes. Values of other types are not used.
            let value = match self.number(entry.get(2..4)) {
                Some(SHORT) => self.number(field.and_then(|field| field.get(..2))),
                Some(LONG8) => self.number(field.and_then(|field| field.get(..8))),
                _ => self.number(field.and_then(|field| field.get(..4))),
            };
            let value = value.unwrap_or(0);
            let side = u32::try_from(value).unwrap_or(u32::MAX);
            match self.number(entry.get(..2)).and_then(|tag| u16::try_from(tag).ok()) {
                Some(NEW_SUBFILE_TYPE) => directory.thumbnail = value & REDUCED != 0,
                Some(WIDTH) => directory.width = side,
                Some(HEIGHT) => directory.height = side,
                Some(COMPRESSION) => directory.compression = u16::try_from(value).unwrap_or(0),
                Some(PHOTOMETRIC) => {
                    directory.palette = value == PALETTE;
                    directory.photometric_at = Some(at + count_len + index * entry_len + value_at);
                    lab = LAB.contains(&value);
                }
                Some(FILL_ORDER) => reversed = value == 2,
                Some(ORIENTATION) => directory.metadata.orientation = metadata::orientation(side),
                // A rational has eight bytes, which BigTIFF stores in the entry.
                Some(X_RESOLUTION) => x = self.rational(field, value),
                Some(Y_RESOLUTION) => y = self.rational(field, value),
                Some(RESOLUTION_UNIT) => unit = side,
                _ => {}
            }
        }
        directory.unusual = reversed || lab || !PLAIN.contains(&directory.compression);
        directory.metadata.density = x.zip(y).and_then(|(x, y)| density(x, y, unit));
        Some(directory)
    }

    /// The file with this directory as its only one.
    pub(super) fn single_page(&self, directory: &Directory) -> SinglePage {
        let offset = |value: u64| if self.big { self.spell(value, 8) } else { self.spell(value, 4) };
        let patches = vec![(if self.big { 8 } else { 4 }, offset(directory.at)), (directory.next_at, offset(0))];
        SinglePage { source: self.source.rewound(), patches }
    }

    /// The same, but with a palette's indices declared as grey levels, because the `tiff` crate reads no palettes.
    pub(super) fn single_grey_page(&self, directory: &Directory) -> SinglePage {
        let mut single_page = self.single_page(directory);
        if let Some(at) = directory.photometric_at.filter(|_| directory.palette) {
            single_page.patches.push((at, self.spell(BLACK_IS_ZERO.into(), 2)));
        }
        single_page
    }

    /// A fraction: of the entry's own eight bytes in `BigTIFF`, else of those at `offset`.
    fn rational(&self, field: Option<&[u8]>, offset: u64) -> Option<f32> {
        let read;
        let bytes = if self.big {
            field?
        } else {
            read = self.bytes(offset, 8)?;
            &read
        };
        let (above, below) = (self.number(bytes.get(..4))?, self.number(bytes.get(4..8))?);
        Some(above as f32 / below as f32)
    }

    fn bytes(&self, at: u64, len: u64) -> Option<Vec<u8>> {
        let mut source = self.source.rewound();
        source.seek(SeekFrom::Start(at)).ok()?;
        let mut bytes = Vec::new();
        source.take(len).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 == len).then_some(bytes)
    }

    /// Reads a number of at most eight bytes in the file's byte order.
    fn number(&self, bytes: Option<&[u8]>) -> Option<u64> {
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        bytes.map(|bytes| if self.little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) })
    }

    /// Writes a number in the file's byte order.
    fn spell(&self, number: u64, len: usize) -> Vec<u8> {
        if self.little { number.to_le_bytes()[..len].to_vec() } else { number.to_be_bytes()[8 - len..].to_vec() }
    }
}

/// The resolution. Without a unit (1) the two numbers still give a pixel's shape; faxes have them in dots per inch.
fn density(x: f32, y: f32, unit: u32) -> Option<Density> {
    let oblong = (x - y).abs() > f32::EPSILON;
    Density::in_unit(x, y, if unit == 1 && oblong { 2 } else { unit })
}

/// A file, some of its bytes replaced.
#[derive(Debug, Clone)]
pub(super) struct SinglePage {
    source: Source,
    patches: Vec<(u64, Vec<u8>)>,
}

impl SinglePage {
    /// Size of the file in bytes.
    pub(super) fn len(&self) -> u64 {
        self.source.len()
    }
}

impl Read for SinglePage {
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

impl Seek for SinglePage {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}
