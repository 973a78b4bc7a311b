//! Reads the bits of a JPEG's scan.

use super::entropy::ScanError;

/// The entropy-coded data of a scan up to the next marker, the most significant bit first. Zeros follow.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// Bits that were read but not consumed, at the lower end.
    held: u64,
    count: u32,
    /// The number of those bits that are zeros after the data's end.
    made_up: u32,
    at_marker: bool,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, held: 0, count: 0, made_up: 0, at_marker: false }
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let byte = self.next();
            self.held = self.held << 8 | u64::from(byte.unwrap_or(0));
            self.count += 8;
            self.made_up += if byte.is_none() { 8 } else { 0 };
        }
    }

    fn next(&mut self) -> Option<u8> {
        if self.at_marker {
            return None;
        }
        let byte = self.data.get(self.at).copied();
        match (byte, self.data.get(self.at + 1)) {
            (Some(0xff), Some(0)) => self.at += 2,
            (Some(0xff) | None, _) => {
                self.at_marker = true;
                return None;
            }
            _ => self.at += 1,
        }
        byte
    }

    /// The next 16 bits, without consuming them.
    pub(super) fn ahead(&mut self) -> u16 {
        if self.count < 16 {
            self.fill();
        }
        (self.held >> (self.count - 16)) as u16
    }

    /// Consumes up to 16 bits.
    pub(super) fn take(&mut self, count: u32) -> Result<u32, ScanError> {
        if self.count < count {
            self.fill();
        }
        self.count -= count;
        if self.count < self.made_up {
            return Err(ScanError::Damaged);
        }
        Ok((self.held >> self.count) as u32 & ((1 << count) - 1))
    }

    /// The number of whole bytes before the next marker, and the marker's position.
    pub(super) fn left(&self) -> (usize, usize) {
        let held = (self.count - self.made_up) / 8;
        let rest = &self.data[self.at..];
        let markers = memchr::memchr_iter(0xff, rest).filter(|at| !matches!(rest.get(at + 1), Some(0 | 0xff) | None));
        let marker = markers.into_iter().next().unwrap_or(rest.len());
        // Fill bytes before a marker are not data (ITU T.81, B.1.1.2).
        let filled = rest[..marker].iter().rev().take_while(|byte| **byte == 0xff).count();
        (held as usize + marker - filled, self.at + marker)
    }

    /// Continues after this marker, if it is at that position.
    pub(super) fn restart(&mut self, at: usize, marker: u8) -> bool {
        let there = self.data.get(at..at + 2) == Some(&[0xff, marker]);
        *self = Self { at: at + 2, ..Self::new(self.data) };
        there
    }
}
