//! Huffman codes of a JPEG.

use super::{bits::Bits, entropy::ScanError};

/// The maximum length in bits of codes that one lookup resolves.
const SHORT: u32 = 9;

/// A code of 1 to 16 bits for each of up to 256 symbols (ITU T.81, annex C).
pub(super) struct Table {
    /// For each possible next bits, the code's length and its symbol. The length is 0 for longer codes.
    short: Box<[(u8, u8); 1 << SHORT]>,
    /// For each length, the code after its last one, and the offset from a code to its symbol's index.
    ends: [u32; 17],
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    /// Builds the table from the number of codes of each length and the symbols in their order. `None` if it is
    /// invalid.
    pub(super) fn new(lengths: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut table =
            Self { short: Box::new([(0, 0); 1 << SHORT]), ends: [0; 17], offsets: [0; 17], symbols: symbols.to_vec() };
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1_u32..).zip(lengths) {
            table.offsets[length as usize] = i32::try_from(place).ok()? - code.cast_signed();
            for _ in 0..*count {
                if code >> length != 0 {
                    return None;
                }
                if length <= SHORT {
                    let from = (code << (SHORT - length)) as usize;
                    table.short[from..from + (1 << (SHORT - length))].fill((length as u8, *symbols.get(place)?));
                }
                code += 1;
                place += 1;
            }
            table.ends[length as usize] = code;
            code <<= 1;
        }
        Some(table)
    }

    /// Consumes the next symbol.
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Result<u8, ScanError> {
        let ahead = bits.ahead();
        let (length, symbol) = self.short[usize::from(ahead >> (16 - SHORT))];
        if length > 0 {
            bits.take(u32::from(length))?;
            return Ok(symbol);
        }
        for length in SHORT + 1..=16 {
            let code = u32::from(ahead >> (16 - length));
            if code < self.ends[length as usize] {
                bits.take(length)?;
                let place = code.cast_signed() + self.offsets[length as usize];
                let symbol = usize::try_from(place).ok().and_then(|place| self.symbols.get(place));
                return symbol.copied().ok_or(ScanError::Damaged);
            }
        }
        Err(ScanError::Damaged)
    }
}
