//! Numbers inside deltas. The engine writes one into each delta, and readers find them in any format without a JSON parser.

/// The number of digits of a mark: nanoseconds of almost three hours, or a delta's index.
const DIGITS: usize = 13;

/// The text of a delta: a mark and a space.
pub(crate) fn text(number: u64) -> String {
    format!("#{number:0DIGITS$} ")
}

/// Overwrites the mark in `bytes`, if there is one.
pub(crate) fn overwrite(bytes: &mut [u8], number: u64) {
    let Some(at) = memchr::memchr(b'#', bytes) else { return };
    let mut rest = number;
    for digit in bytes[at + 1..].iter_mut().take(DIGITS).rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// Finds marks in a stream whose chunks may be split anywhere.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    /// The missing digits of a mark at the end of the last chunk.
    missing: usize,
    number: u64,
}

impl Scanner {
    /// Calls `found` with each mark that `bytes` completes.
    pub(crate) fn push(&mut self, mut bytes: &[u8], mut found: impl FnMut(u64)) {
        loop {
            let taken = self.missing.min(bytes.len());
            for digit in &bytes[..taken] {
                self.number = self.number * 10 + u64::from(digit.wrapping_sub(b'0') & 0xf);
            }
            self.missing -= taken;
            bytes = &bytes[taken..];
            if taken > 0 && self.missing == 0 {
                found(self.number);
            }
            let Some(at) = memchr::memchr(b'#', bytes) else { return };
            bytes = &bytes[at + 1..];
            self.missing = DIGITS;
            self.number = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_wherever_the_stream_is_split() {
        let stream = format!("{{\"delta\":\"{}\"}}\n{{\"delta\":\"{}\"}}\n", text(7), text(1_234_567_890_123));
        for cut in 0..=stream.len() {
            let (mut scanner, mut found) = (Scanner::default(), Vec::new());
            let (first, second) = stream.as_bytes().split_at(cut);
            scanner.push(first, |number| found.push(number));
            scanner.push(second, |number| found.push(number));
            assert_eq!(found, [7, 1_234_567_890_123], "cut at {cut}");
        }
    }

    #[test]
    fn a_mark_is_overwritten_in_place() {
        let mut event = format!("data: {}", text(5)).into_bytes();
        let length = event.len();
        overwrite(&mut event, 987_654_321);
        assert_eq!(event.len(), length);
        let mut found = Vec::new();
        Scanner::default().push(&event, |number| found.push(number));
        assert_eq!(found, [987_654_321]);
    }
}
