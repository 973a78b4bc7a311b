//! Ranges of characters, cut out of a text.

use crate::TextRange;

/// Cuts ranges out of a text. Ascending ranges take one pass over the text together, where [`TextRange::slice`] takes one each.
pub(crate) struct Cutter<'a> {
    text: &'a str,
    byte: usize,
    character: u32,
}

impl<'a> Cutter<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, byte: 0, character: 0 }
    }

    /// The byte at which this character begins, limited to the text's end.
    pub(crate) fn byte(&mut self, character: u32) -> usize {
        if character < self.character {
            (self.byte, self.character) = (0, 0);
        }
        for letter in self.text[self.byte..].chars() {
            if self.character >= character {
                break;
            }
            self.byte += letter.len_utf8();
            self.character += 1;
        }
        self.byte
    }

    /// The text of the range, limited to the text's end.
    pub(crate) fn cut(&mut self, range: TextRange) -> &'a str {
        let start = self.byte(range.start);
        let end = self.byte(range.end.max(range.start));
        &self.text[start..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_slice_in_any_order() {
        let text = "häß☐ ink";
        let mut cutter = Cutter::new(text);
        for range in [(1, 3), (3, 4), (2, 99), (0, 2), (9, 12), (3, 1), (4, 8)] {
            let range = TextRange::from([range.0, range.1]);
            assert_eq!(cutter.cut(range), range.slice(text), "{range:?}");
        }
    }
}
