//! Whether a JPEG's scans hold what they should (ITU T.81, annexes F and G). A decoder makes something of any bits; but
//! where some of them are damaged, those behind them come out as too many blocks or too few, or as what no encoder writes.

use super::{EOI, huffman::Table};

/// Bytes between a scan's last block, or a segment, and the next marker: some encoders pad their data.
const MAX_PADDING: usize = 4;
/// Blocks that are decoded for each block of the picture: a progressive picture has some ten scans.
const MAX_PASSES: usize = 64;
/// How many coefficients in a row are the same, as in a block of zero bytes: of a picture, hardly ever more than a few.
const MAX_EQUAL: usize = 32;
/// The largest level of a block, of samples of 8 bits, with room for what encoders add (T.81, A.3.3).
const MAX_LEVEL: i32 = 1536;
const RST0: u8 = 0xd0;
const SOS: u8 = 0xda;

/// Why a scan is not read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is damaged.
    Damaged,
    /// It is something that this does not know, or costs too much.
    Unknown,
}

/// What is wrong with the scans of a picture that does not break off.
pub(super) fn fault(file: &[u8]) -> Option<Fault> {
    Picture::default().read(file).err()
}

/// Whether the scans of all components are there and sound, up to the mark of the image's end.
pub(super) fn is_whole(file: &[u8]) -> bool {
    let mut picture = Picture::default();
    picture.read(file).is_ok() && picture.is_complete()
}

#[derive(Default)]
struct Component {
    id: u8,
    /// Blocks of an interleaved unit, across and down.
    across: usize,
    down: usize,
    quantization: usize,
    /// Blocks of a row and rows of them, of its own and with those that fill the last units.
    own: (usize, usize),
    blocks: (usize, usize),
    /// Whether a scan had its first coefficients.
    is_coded: bool,
    /// Of each block, which coefficients have been other than zero, for progressive pictures.
    known: Vec<u64>,
}

/// What the segments before a scan have said.
#[derive(Default)]
struct Picture {
    progressive: bool,
    components: Vec<Component>,
    units: (usize, usize),
    direct: [Option<Table>; 4],
    alternating: [Option<Table>; 4],
    /// The first factor of each quantization table.
    quantization: [i32; 4],
    restart: usize,
    decoded: usize,
}

impl Picture {
    /// Whether every component was coded and has its quantization table.
    fn is_complete(&self) -> bool {
        let is_coded = |it: &Component| it.is_coded && self.quantization[it.quantization] > 0;
        !self.components.is_empty() && self.components.iter().all(is_coded)
    }

    fn read(&mut self, file: &[u8]) -> Result<(), Fault> {
        let mut at = 2;
        loop {
            let between = memchr::memchr(0xff, file.get(at..).ok_or(Fault::Unknown)?).ok_or(Fault::Unknown)?;
            at += between + 1;
            let marker = *file.get(at).ok_or(Fault::Unknown)?;
            match marker {
                // Before the first scan, what stands between segments is passed over, as by the decoder.
                _ if self.decoded > 0 && (between > MAX_PADDING || marker == 0) => return Err(Fault::Damaged),
                EOI => return Ok(()),
                0xff => continue,
                0 | 1 | 0xd0..=0xd8 => {
                    at += 1;
                    continue;
                }
                _ => {}
            }
            let length = file.get(at + 1..at + 3).map(|it| usize::from(u16::from_be_bytes([it[0], it[1]])));
            let end = at + 1 + length.ok_or(Fault::Unknown)?;
            let segment = file.get(at + 3..end).ok_or(Fault::Unknown)?;
            at = end;
            match marker {
                0xc0..=0xc2 => self.frame(marker == 0xc2, segment).ok_or(Fault::Unknown)?,
                0xc4 => self.huffman(segment).ok_or(Fault::Damaged)?,
                0xdb => self.quantization(segment).ok_or(Fault::Damaged)?,
                0xdd => self.restart = segment.first_chunk().map_or(0, |it| usize::from(u16::from_be_bytes(*it))),
                // The frame's height comes behind its first scan.
                0xdc => return Err(Fault::Unknown),
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
                component.known = vec![0; component.blocks.0 * component.blocks.1];
            }
        }
        Some(())
    }

    fn huffman(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((kind, rest)) = segment.split_first() {
            let lengths: &[u8; 16] = rest.first_chunk()?;
            let count: usize = lengths.iter().map(|it| usize::from(*it)).sum();
            let values = rest.get(16..16 + count)?;
            let tables = if kind >> 4 == 0 { &mut self.direct } else { &mut self.alternating };
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

    /// Reads a scan; how many bytes it has.
    fn scan(&mut self, header: &[u8], data: &[u8]) -> Result<usize, Fault> {
        let (count, rest) = header.split_first().ok_or(Fault::Unknown)?;
        let count = usize::from(*count);
        let &[first, last, levels, ..] = rest.get(2 * count..).ok_or(Fault::Unknown)? else {
            return Err(Fault::Unknown);
        };
        let mut members = Vec::new();
        for selected in rest[..2 * count].chunks_exact(2) {
            let component = self.components.iter().position(|it| it.id == selected[0]).ok_or(Fault::Unknown)?;
            let (direct, alternating) = (usize::from(selected[1] >> 4), usize::from(selected[1] & 15));
            if direct > 3 || alternating > 3 {
                return Err(Fault::Unknown);
            }
            self.components[component].is_coded |= first == 0;
            members.push(Member { component, direct, alternating, level: 0 });
        }
        if members.is_empty() || first > 63 || last > 63 {
            return Err(Fault::Unknown);
        }
        let band = Band { first, last, refines: levels >> 4 != 0, low: levels & 15 };
        let bits = super::bits::Bits::new(data);
        Scan { picture: self, members, band, bits, skipped: 0 }.read()
    }
}

/// A component within a scan.
struct Member {
    component: usize,
    direct: usize,
    alternating: usize,
    /// The level of the block before, as coded.
    level: i32,
}

/// The coefficients that a scan holds, and which bits of them.
#[derive(Clone, Copy)]
struct Band {
    first: u8,
    last: u8,
    refines: bool,
    low: u8,
}

struct Scan<'a, 'b> {
    picture: &'a mut Picture,
    members: Vec<Member>,
    band: Band,
    bits: super::bits::Bits<'b>,
    /// Blocks whose coefficients have all been said.
    skipped: u32,
}

impl Scan<'_, '_> {
    fn read(mut self) -> Result<usize, Fault> {
        let single = self.members.len() == 1;
        let (across, down) =
            if single { self.picture.components[self.members[0].component].own } else { self.picture.units };
        let total: usize = self.picture.components.iter().map(|it| it.blocks.0 * it.blocks.1).sum();
        let mut restarts = 0;
        for unit in 0..across * down {
            if self.picture.restart > 0 && unit > 0 && unit % self.picture.restart == 0 {
                self.restart(restarts)?;
                restarts = (restarts + 1) % 8;
            }
            let (x, y) = (unit % across, unit / across);
            for member in 0..self.members.len() {
                let component = &self.picture.components[self.members[member].component];
                let (width, (columns, rows)) = (component.blocks.0, (component.across, component.down));
                if single {
                    self.block(member, y * width + x)?;
                    self.picture.decoded += 1;
                    continue;
                }
                for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                    self.block(member, (y * rows + row) * width + x * columns + column)?;
                }
                self.picture.decoded += rows * columns;
            }
            if self.picture.decoded > MAX_PASSES * total {
                return Err(Fault::Unknown);
            }
        }
        self.end()
    }

    /// What stands before a marker: nothing but padding.
    fn end(&mut self) -> Result<usize, Fault> {
        let (left, at) = self.bits.left();
        if left > MAX_PADDING || self.skipped > 0 { Err(Fault::Damaged) } else { Ok(at) }
    }

    fn restart(&mut self, number: u8) -> Result<(), Fault> {
        let at = self.end()?;
        if !self.bits.restart(at, RST0 + number) {
            return Err(Fault::Damaged);
        }
        self.members.iter_mut().for_each(|member| member.level = 0);
        Ok(())
    }

    fn block(&mut self, member: usize, block: usize) -> Result<(), Fault> {
        if !self.picture.progressive {
            self.direct(member)?;
            return self.sequential(member);
        }
        match (self.band.first, self.band.refines) {
            (0, false) => self.direct(member),
            (0, true) => self.bits.take(1).map(|_| ()),
            (_, false) => self.first_pass(member, block),
            (_, true) => self.refinement(member, block),
        }
    }

    fn symbol(&mut self, member: usize, alternating: bool) -> Result<u8, Fault> {
        let member = &self.members[member];
        let table = if alternating {
            &self.picture.alternating[member.alternating]
        } else {
            &self.picture.direct[member.direct]
        };
        table.as_ref().ok_or(Fault::Unknown)?.symbol(&mut self.bits)
    }

    /// The difference between a block's level and the one before.
    fn direct(&mut self, member: usize) -> Result<(), Fault> {
        let size = self.symbol(member, false)?;
        if size > 15 {
            return Err(Fault::Damaged);
        }
        let bits = self.bits.take(u32::from(size))?;
        let member = &mut self.members[member];
        member.level = member.level.saturating_add(extended(bits, size));
        let factor = self.picture.quantization[self.picture.components[member.component].quantization].max(1);
        let low = if self.picture.progressive { self.band.low } else { 0 };
        let level = i64::from(member.level) << low;
        if level.abs() * i64::from(factor) > i64::from(MAX_LEVEL + (factor << low)) {
            Err(Fault::Damaged)
        } else {
            Ok(())
        }
    }

    fn sequential(&mut self, member: usize) -> Result<(), Fault> {
        let (mut index, mut before, mut equal) = (1, (0, 0), 0);
        while index < 64 {
            let symbol = self.symbol(member, true)?;
            let (run, size) = (usize::from(symbol >> 4), symbol & 15);
            match (run, size) {
                (0, 0) => break,
                (15, 0) => index += 16,
                (_, 0) => return Err(Fault::Damaged),
                _ => {
                    index += run + 1;
                    let coefficient = (symbol, self.bits.take(u32::from(size))?);
                    equal = if coefficient == before { equal + 1 } else { 1 };
                    before = coefficient;
                }
            }
            if index > 64 || equal > MAX_EQUAL {
                return Err(Fault::Damaged);
            }
        }
        Ok(())
    }

    fn first_pass(&mut self, member: usize, block: usize) -> Result<(), Fault> {
        if self.skipped > 0 {
            self.skipped -= 1;
            return Ok(());
        }
        let (mut index, last) = (self.band.first, self.band.last);
        while index <= last {
            let symbol = self.symbol(member, true)?;
            let (run, size) = (symbol >> 4, symbol & 15);
            match (run, size) {
                (15, 0) => index += 16,
                (_, 0) => {
                    self.skipped = (1 << run) - 1 + self.bits.take(u32::from(run))?;
                    break;
                }
                _ => {
                    index += run;
                    if index > last {
                        return Err(Fault::Damaged);
                    }
                    self.bits.take(u32::from(size))?;
                    self.know(member, block, index);
                    index += 1;
                }
            }
        }
        Ok(())
    }

    /// A further bit of each coefficient that is known, and of new ones their first.
    fn refinement(&mut self, member: usize, block: usize) -> Result<(), Fault> {
        let (mut index, last) = (self.band.first, self.band.last);
        if self.skipped == 0 {
            while index <= last {
                let symbol = self.symbol(member, true)?;
                let (mut run, size) = (symbol >> 4, symbol & 15);
                match (run, size) {
                    (15, 0) => {}
                    (_, 0) => {
                        self.skipped = (1 << run) + self.bits.take(u32::from(run))?;
                        break;
                    }
                    (_, 1) => {
                        self.bits.take(1)?;
                    }
                    _ => return Err(Fault::Damaged),
                }
                while index <= last {
                    if self.is_known(member, block, index) {
                        self.bits.take(1)?;
                    } else if run == 0 {
                        break;
                    } else {
                        run -= 1;
                    }
                    index += 1;
                }
                if size > 0 {
                    if index > last {
                        return Err(Fault::Damaged);
                    }
                    self.know(member, block, index);
                }
                index += 1;
            }
        }
        if self.skipped > 0 {
            for index in index..=last {
                if self.is_known(member, block, index) {
                    self.bits.take(1)?;
                }
            }
            self.skipped -= 1;
        }
        Ok(())
    }

    fn know(&mut self, member: usize, block: usize, index: u8) {
        self.picture.components[self.members[member].component].known[block] |= 1 << index;
    }

    fn is_known(&self, member: usize, block: usize, index: u8) -> bool {
        self.picture.components[self.members[member].component].known[block] >> index & 1 == 1
    }
}

/// The number that so many bits stand for (T.81, F.2.2.1).
fn extended(bits: u32, size: u8) -> i32 {
    let bits = bits.cast_signed();
    if size > 0 && bits < 1 << (size - 1) { bits - (1 << size) + 1 } else { bits }
}
