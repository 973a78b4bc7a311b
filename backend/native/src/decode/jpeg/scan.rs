//! Decodes the entropy-coded data of one scan (ITU T.81, annexes F and G).

use super::{
    bits::Bits,
    entropy::{Image, MAX_PADDING, ScanError},
};

/// The maximum number of blocks decoded for each block of the image. A progressive image has some ten scans.
const MAX_PASSES: usize = 64;
/// The maximum number of equal coefficients in a row. A block of zero bytes has more; an image hardly ever has more
/// than a few.
const MAX_EQUAL: usize = 32;
/// The maximum DC level of a block of 8-bit samples, with room for what encoders add (T.81, A.3.3).
const MAX_LEVEL: i32 = 1536;
const RST0: u8 = 0xd0;

/// A component within a scan.
pub(super) struct Member {
    pub(super) component: usize,
    pub(super) dc: usize,
    pub(super) ac: usize,
    /// The DC level of the block before, as coded.
    pub(super) level: i32,
}

/// The range of coefficients that a scan contains, and which of their bits.
#[derive(Clone, Copy)]
pub(super) struct Band {
    pub(super) first: u8,
    pub(super) last: u8,
    pub(super) refines: bool,
    pub(super) low: u8,
}

/// Decodes the entropy-coded data of one scan, keeping only what finds errors.
pub(super) struct Scan<'a, 'b> {
    pub(super) image: &'a mut Image,
    pub(super) members: Vec<Member>,
    pub(super) band: Band,
    pub(super) bits: Bits<'b>,
    /// The number of further blocks without new coefficients (the end-of-band run).
    pub(super) skipped_blocks: u32,
}

impl Scan<'_, '_> {
    /// Decodes the scan and returns its length in bytes.
    pub(super) fn decode(mut self) -> Result<usize, ScanError> {
        let single = self.members.len() == 1;
        let (across, down) =
            if single { self.image.components[self.members[0].component].own } else { self.image.units };
        let total: usize = self.image.components.iter().map(|it| it.blocks.0 * it.blocks.1).sum();
        let mut restarts = 0;
        for unit in 0..across * down {
            if self.image.restart_interval > 0 && unit > 0 && unit % self.image.restart_interval == 0 {
                self.restart(restarts)?;
                restarts = (restarts + 1) % 8;
            }
            let (x, y) = (unit % across, unit / across);
            for member in 0..self.members.len() {
                let component = &self.image.components[self.members[member].component];
                let (width, (columns, rows)) = (component.blocks.0, (component.across, component.down));
                if single {
                    self.block(member, y * width + x)?;
                    self.image.decoded += 1;
                    continue;
                }
                for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                    self.block(member, (y * rows + row) * width + x * columns + column)?;
                }
                self.image.decoded += rows * columns;
            }
            if self.image.decoded > MAX_PASSES * total {
                return Err(ScanError::Unknown);
            }
        }
        self.end()
    }

    /// Checks that only padding precedes the marker, and returns the marker's position.
    fn end(&mut self) -> Result<usize, ScanError> {
        let (left, at) = self.bits.left();
        if left > MAX_PADDING || self.skipped_blocks > 0 { Err(ScanError::Damaged) } else { Ok(at) }
    }

    fn restart(&mut self, number: u8) -> Result<(), ScanError> {
        let at = self.end()?;
        if !self.bits.restart(at, RST0 + number) {
            return Err(ScanError::Damaged);
        }
        self.members.iter_mut().for_each(|member| member.level = 0);
        Ok(())
    }

    fn block(&mut self, member: usize, block: usize) -> Result<(), ScanError> {
        if !self.image.progressive {
            self.decode_dc(member)?;
            return self.decode_ac(member);
        }
        match (self.band.first, self.band.refines) {
            (0, false) => self.decode_dc(member),
            (0, true) => self.bits.take(1).map(|_| ()),
            (_, false) => self.first_pass(member, block),
            (_, true) => self.refinement(member, block),
        }
    }

    fn symbol(&mut self, member: usize, is_ac: bool) -> Result<u8, ScanError> {
        let member = &self.members[member];
        let table = if is_ac { &self.image.ac[member.ac] } else { &self.image.dc[member.dc] };
        table.as_ref().ok_or(ScanError::Unknown)?.symbol(&mut self.bits)
    }

    /// Decodes the difference of a block's DC level to the block before.
    fn decode_dc(&mut self, member: usize) -> Result<(), ScanError> {
        let size = self.symbol(member, false)?;
        if size > 15 {
            return Err(ScanError::Damaged);
        }
        let bits = self.bits.take(u32::from(size))?;
        let member = &mut self.members[member];
        member.level = member.level.saturating_add(extended(bits, size));
        let factor = self.image.quantization[self.image.components[member.component].quantization].max(1);
        let low = if self.image.progressive { self.band.low } else { 0 };
        let level = i64::from(member.level) << low;
        if level.abs() * i64::from(factor) > i64::from(MAX_LEVEL + (factor << low)) {
            Err(ScanError::Damaged)
        } else {
            Ok(())
        }
    }

    fn decode_ac(&mut self, member: usize) -> Result<(), ScanError> {
        let (mut index, mut before, mut equal) = (1, (0, 0), 0);
        while index < 64 {
            let symbol = self.symbol(member, true)?;
            let (run, size) = (usize::from(symbol >> 4), symbol & 15);
            match (run, size) {
                (0, 0) => break,
                (15, 0) => index += 16,
                (_, 0) => return Err(ScanError::Damaged),
                _ => {
                    index += run + 1;
                    let coefficient = (symbol, self.bits.take(u32::from(size))?);
                    equal = if coefficient == before { equal + 1 } else { 1 };
                    before = coefficient;
                }
            }
            if index > 64 || equal > MAX_EQUAL {
                return Err(ScanError::Damaged);
            }
        }
        Ok(())
    }

    fn first_pass(&mut self, member: usize, block: usize) -> Result<(), ScanError> {
        if self.skipped_blocks > 0 {
            self.skipped_blocks -= 1;
            return Ok(());
        }
        let (mut index, last) = (self.band.first, self.band.last);
        while index <= last {
            let symbol = self.symbol(member, true)?;
            let (run, size) = (symbol >> 4, symbol & 15);
            match (run, size) {
                (15, 0) => index += 16,
                (_, 0) => {
                    self.skipped_blocks = (1 << run) - 1 + self.bits.take(u32::from(run))?;
                    break;
                }
                _ => {
                    index += run;
                    if index > last {
                        return Err(ScanError::Damaged);
                    }
                    self.bits.take(u32::from(size))?;
                    self.mark_nonzero(member, block, index);
                    index += 1;
                }
            }
        }
        Ok(())
    }

    /// Decodes a further bit of each coefficient that is already non-zero, and the first bit of new ones.
    fn refinement(&mut self, member: usize, block: usize) -> Result<(), ScanError> {
        let (mut index, last) = (self.band.first, self.band.last);
        if self.skipped_blocks == 0 {
            while index <= last {
                let symbol = self.symbol(member, true)?;
                let (mut run, size) = (symbol >> 4, symbol & 15);
                match (run, size) {
                    (15, 0) => {}
                    (_, 0) => {
                        self.skipped_blocks = (1 << run) + self.bits.take(u32::from(run))?;
                        break;
                    }
                    (_, 1) => {
                        self.bits.take(1)?;
                    }
                    _ => return Err(ScanError::Damaged),
                }
                while index <= last {
                    if self.is_nonzero(member, block, index) {
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
                        return Err(ScanError::Damaged);
                    }
                    self.mark_nonzero(member, block, index);
                }
                index += 1;
            }
        }
        if self.skipped_blocks > 0 {
            for index in index..=last {
                if self.is_nonzero(member, block, index) {
                    self.bits.take(1)?;
                }
            }
            self.skipped_blocks -= 1;
        }
        Ok(())
    }

    fn mark_nonzero(&mut self, member: usize, block: usize, index: u8) {
        self.image.components[self.members[member].component].nonzero[block] |= 1 << index;
    }

    fn is_nonzero(&self, member: usize, block: usize, index: u8) -> bool {
        self.image.components[self.members[member].component].nonzero[block] >> index & 1 == 1
    }
}

/// The signed number that a code of `size` bits stands for (T.81, F.2.2.1).
fn extended(bits: u32, size: u8) -> i32 {
    let bits = bits.cast_signed();
    if size > 0 && bits < 1 << (size - 1) { bits - (1 << size) + 1 } else { bits }
}
