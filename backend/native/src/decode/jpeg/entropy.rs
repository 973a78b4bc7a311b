//! Finds damaged scans of a JPEG (ITU T.81, annexes F and G). A decoder accepts any bits. But behind damaged bits it
//! finds too many or too few blocks, or values that no encoder writes.

use super::{
    EOI,
    bits::Bits,
    huffman::Table,
    scan::{Band, Member, Scan},
};

/// The maximum number of bytes between a scan's last block, or a segment, and the next marker: some encoders pad their
/// data.
pub(super) const MAX_PADDING: usize = 4;
const SOS: u8 = 0xda;

/// Why a scan was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScanError {
    /// The scan is damaged.
    Damaged,
    /// The scan uses an unknown coding, or checking it would cost too much.
    Unknown,
}

/// The first error in the scans of an image that is not cut off.
pub(super) fn scan_error(file: &[u8]) -> Option<ScanError> {
    Image::default().read_segments(file).err()
}

/// Whether the scans of all components are there and undamaged, up to the end-of-image marker.
pub(super) fn is_whole(file: &[u8]) -> bool {
    let mut image = Image::default();
    image.read_segments(file).is_ok() && image.is_complete()
}

#[derive(Default)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Blocks of an interleaved unit (MCU), horizontally and vertically.
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) quantization: usize,
    /// Columns and rows of blocks: its own, and with those that fill up the last units.
    pub(super) own: (usize, usize),
    pub(super) blocks: (usize, usize),
    /// Whether a scan with the DC coefficients was found.
    pub(super) is_coded: bool,
    /// For each block of a progressive image, a bit for each coefficient that is already non-zero.
    pub(super) nonzero: Vec<u64>,
}

/// The image's state, set by the segments before a scan.
#[derive(Default)]
pub(super) struct Image {
    pub(super) progressive: bool,
    pub(super) components: Vec<Component>,
    pub(super) units: (usize, usize),
    pub(super) dc: [Option<Table>; 4],
    pub(super) ac: [Option<Table>; 4],
    /// The first factor of each quantization table.
    pub(super) quantization: [i32; 4],
    pub(super) restart_interval: usize,
    pub(super) decoded: usize,
}

impl Image {
    /// Whether every component was coded and has its quantization table.
    fn is_complete(&self) -> bool {
        let is_coded = |it: &Component| it.is_coded && self.quantization[it.quantization] > 0;
        !self.components.is_empty() && self.components.iter().all(is_coded)
    }

    fn read_segments(&mut self, file: &[u8]) -> Result<(), ScanError> {
        let mut at = 2;
        loop {
            let between = memchr::memchr(0xff, file.get(at..).ok_or(ScanError::Unknown)?).ok_or(ScanError::Unknown)?;
            at += between + 1;
            let marker = *file.get(at).ok_or(ScanError::Unknown)?;
            match marker {
                // Bytes between segments before the first scan are skipped, as decoders do.
                _ if self.decoded > 0 && (between > MAX_PADDING || marker == 0) => return Err(ScanError::Damaged),
                EOI => return Ok(()),
                0xff => continue,
                0 | 1 | 0xd0..=0xd8 => {
                    at += 1;
                    continue;
                }
                _ => {}
            }
            let length = file.get(at + 1..at + 3).map(|it| usize::from(u16::from_be_bytes([it[0], it[1]])));
            let end = at + 1 + length.ok_or(ScanError::Unknown)?;
            let segment = file.get(at + 3..end).ok_or(ScanError::Unknown)?;
            at = end;
            match marker {
                0xc0..=0xc2 => self.frame(marker == 0xc2, segment).ok_or(ScanError::Unknown)?,
                0xc4 => self.huffman(segment).ok_or(ScanError::Damaged)?,
                0xdb => self.quantization(segment).ok_or(ScanError::Damaged)?,
                0xdd => {
                    self.restart_interval = segment.first_chunk().map_or(0, |it| usize::from(u16::from_be_bytes(*it)));
                }
                // DNL: the frame's height follows its first scan.
                0xdc => return Err(ScanError::Unknown),
                SOS => at += self.scan(segment, &file[end..])?,
                _ => {}
            }
        }
    }

    fn frame(&mut self, progressive: bool, segment: &[u8]) -> Option<()> {
        let [8, a, b, c, d, count, rest @ ..] = segment else { return None };
        let side = |high: &u8, low: &u8| usize::from(u16::from_be_bytes([*high, *low]));
        let (height, width) = (side(a, b), side(c, d));
        let specified = rest.chunks_exact(3).take(usize::from(*count));
        self.progressive = progressive;
        self.components = specified
            .map(|it| Component {
                id: it[0],
                across: usize::from(it[1] >> 4),
                down: usize::from(it[1] & 15),
                quantization: usize::from(it[2] & 3),
                ..Component::default()
            })
            .collect();
        let across = self.components.iter().map(|it| it.across).max()?;
        let down = self.components.iter().map(|it| it.down).max()?;
        if width == 0 || height == 0 || self.components.iter().any(|it| it.across == 0 || it.down == 0) {
            return None;
        }
        self.units = (width.div_ceil(8 * across), height.div_ceil(8 * down));
        for component in &mut self.components {
            let blocks = |side: usize, factor: usize, max: usize| (side * factor).div_ceil(max).div_ceil(8);
            component.own = (blocks(width, component.across, across), blocks(height, component.down, down));
            component.blocks = (self.units.0 * component.across, self.units.1 * component.down);
            if progressive {
                component.nonzero = vec![0; component.blocks.0 * component.blocks.1];
            }
        }
        Some(())
    }

    fn huffman(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((kind, rest)) = segment.split_first() {
            let lengths: &[u8; 16] = rest.first_chunk()?;
            let count: usize = lengths.iter().map(|it| usize::from(*it)).sum();
            let values = rest.get(16..16 + count)?;
            let tables = if kind >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(kind & 15))? = Some(Table::new(lengths, values)?);
            segment = &rest[16 + count..];
        }
        Some(())
    }

    fn quantization(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((kind, rest)) = segment.split_first() {
            let wide = kind >> 4 != 0;
            let first =
                if wide { i32::from(u16::from_be_bytes(*rest.first_chunk()?)) } else { i32::from(*rest.first()?) };
            *self.quantization.get_mut(usize::from(kind & 15))? = first;
            segment = rest.get(if wide { 128 } else { 64 }..)?;
        }
        Some(())
    }

    /// Reads a scan and returns its length in bytes.
    fn scan(&mut self, header: &[u8], data: &[u8]) -> Result<usize, ScanError> {
        let (count, rest) = header.split_first().ok_or(ScanError::Unknown)?;
        let count = usize::from(*count);
        let &[first, last, levels, ..] = rest.get(2 * count..).ok_or(ScanError::Unknown)? else {
            return Err(ScanError::Unknown);
        };
        let mut members = Vec::new();
        for selected in rest[..2 * count].chunks_exact(2) {
            let component = self.components.iter().position(|it| it.id == selected[0]).ok_or(ScanError::Unknown)?;
            let (dc, ac) = (usize::from(selected[1] >> 4), usize::from(selected[1] & 15));
            if dc > 3 || ac > 3 {
                return Err(ScanError::Unknown);
            }
            self.components[component].is_coded |= first == 0;
            members.push(Member { component, dc, ac, level: 0 });
        }
        if members.is_empty() || first > 63 || last > 63 {
            return Err(ScanError::Unknown);
        }
        let band = Band { first, last, refines: levels >> 4 != 0, low: levels & 15 };
        let bits = Bits::new(data);
        Scan { image: self, members, band, bits, skipped_blocks: 0 }.decode()
    }
}
