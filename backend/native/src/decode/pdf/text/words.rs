//! Assembles characters that are adjacent in the file and on the page to words.

use super::{
    bidi,
    characters::{Glyph, Item},
    geometry::{Direction, Rect},
};

/// The maximum distance between characters of one word, in font sizes.
const MAX_STEP: f32 = 0.6;
/// The maximum distance between the baselines of characters of one word, in font sizes. A superscript is raised by up to a half.
const MAX_SHIFT: f32 = 0.8;
/// The maximum distance, in font sizes, between two words that are apart in the file but one word on the page.
const JOINED: f32 = 0.12;
/// The minimum gap between Chinese or Japanese characters that looks like a space, in font sizes.
const SPACELESS_GAP: f32 = 0.5;
/// The minimum overlap of two equal words if one is the shadow of the other.
const SHADOW: f32 = 0.6;

/// A word. Its bounds are in the frame of its direction.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) glyphs: Vec<Glyph>,
    pub(super) bounds: Rect,
    pub(super) baseline: f32,
    pub(super) em: f32,
    pub(super) direction: Direction,
    pub(super) slanted: bool,
    /// The number of the word in the file.
    number: usize,
    /// Why the word ends in the file.
    ends: End,
    /// Whether no other word may be joined with it.
    alone: bool,
}

/// The end of a word in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Space,
    /// A gap that PDFium interprets as a space, or that is too wide for a word.
    Gap,
    Line,
}

impl Word {
    fn from_glyph(glyph: Glyph, number: usize) -> Self {
        let direction = glyph.direction;
        Self {
            bounds: direction.frame_rect(glyph.bounds),
            baseline: baseline(&glyph),
            em: glyph.em,
            direction,
            slanted: glyph.slanted,
            glyphs: vec![glyph],
            number,
            ends: End::Line,
            alone: false,
        }
    }

    /// A word of one character that is not part of the file's text and is not joined with other words.
    pub(super) fn alone(glyph: Glyph) -> Self {
        Self { alone: true, ..Self::from_glyph(glyph, 0) }
    }

    fn push(&mut self, glyph: Glyph) {
        self.bounds = self.bounds.around(self.direction.frame_rect(glyph.bounds));
        if glyph.em > self.em {
            (self.em, self.baseline) = (glyph.em, baseline(&glyph));
        }
        self.glyphs.push(glyph);
    }

    /// The vertical range of lower-case letters without ascenders and descenders, which does not depend on the word's letters.
    pub(super) fn core(&self) -> (f32, f32) {
        (self.baseline - 0.6 * self.em, self.baseline)
    }

    /// Whether `glyph` continues the word.
    fn continues(&self, glyph: &Glyph) -> bool {
        let Some(last) = self.glyphs.last() else { return false };
        if glyph.direction != self.direction || glyph.slanted != self.slanted {
            return false;
        }
        if self.slanted {
            return true;
        }
        let (a, b) = (self.direction.frame_rect(last.bounds), self.direction.frame_rect(glyph.bounds));
        let em = last.em.max(glyph.em);
        let apart = (b.left - a.right).max(a.left - b.right);
        apart <= MAX_STEP * em && (baseline(last) - baseline(glyph)).abs() <= MAX_SHIFT * em
    }

    /// Whether `next`, the next word on the line, continues the word.
    fn joins(&self, next: &Self) -> bool {
        let gap = next.bounds.left - self.bounds.right;
        let em = self.em.max(next.em);
        let spaceless = |glyph: Option<&Glyph>| glyph.is_some_and(|glyph| is_spaceless(glyph.character));
        let both_spaceless = spaceless(self.glyphs.last()) && spaceless(next.glyphs.first());
        let from_right = bidi::is_right_to_left_word(self) && bidi::is_right_to_left_word(next);
        if gap < -0.5 * em || self.alone || next.alone {
            return false;
        }
        // The file's order of words is reversed in a right-to-left line.
        let between = if next.number == self.number + 1 {
            Some(self.ends)
        } else if self.number == next.number + 1 {
            Some(next.ends)
        } else {
            None
        };
        match between {
            Some(End::Space) => both_spaceless && gap < JOINED * em,
            _ if both_spaceless => gap < SPACELESS_GAP * em,
            // PDFium interprets marks in right-to-left words as gaps.
            Some(End::Gap) => from_right && gap < JOINED * em,
            Some(End::Line) | None => gap < JOINED * em,
        }
    }
}

/// The words in the order of the file.
pub(super) fn group(items: Vec<Item>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut open = false;
    for item in items {
        let end = match item {
            Item::Glyph(glyph) => {
                match words.last_mut().filter(|_| open) {
                    Some(word) if word.continues(&glyph) => word.push(glyph),
                    before => {
                        if let Some(word) = before {
                            word.ends = End::Gap;
                        }
                        words.push(Word::from_glyph(glyph, words.len()));
                    }
                }
                open = true;
                continue;
            }
            Item::Space { generated: true } => End::Gap,
            Item::Space { generated: false } => End::Space,
            Item::LineEnd => End::Line,
        };
        if let Some(word) = words.last_mut().filter(|word| open || word.ends == End::Gap && end == End::Space) {
            word.ends = end;
        }
        open = false;
    }
    words
}

/// The words of a line from left to right in its frame. Joins words that are one on the page, and drops shadows.
pub(super) fn of_line(mut words: Vec<Word>) -> Vec<Word> {
    words.sort_by(|a, b| a.bounds.left.total_cmp(&b.bounds.left));
    let mut line: Vec<Word> = Vec::new();
    for word in words {
        match line.last_mut() {
            Some(before) if is_shadow(before, &word) => {}
            Some(before) if before.joins(&word) => {
                before.ends = word.ends;
                before.number = word.number;
                for glyph in word.glyphs {
                    before.push(glyph);
                }
            }
            _ => line.push(word),
        }
    }
    line
}

fn is_shadow(a: &Word, b: &Word) -> bool {
    let common = a.bounds.right.min(b.bounds.right) - a.bounds.left.max(b.bounds.left);
    common > SHADOW * a.bounds.width().max(b.bounds.width())
        && a.glyphs.iter().map(|glyph| glyph.character).eq(b.glyphs.iter().map(|glyph| glyph.character))
}

/// The baseline of a character in its frame. An upright character of a column has none; its middle is used instead.
fn baseline(glyph: &Glyph) -> f32 {
    let bounds = glyph.direction.frame_rect(glyph.bounds);
    let origin = glyph.direction.frame(glyph.origin).1;
    let near = origin > bounds.top - glyph.em && origin < bounds.bottom + glyph.em;
    if near { origin } else { bounds.bottom }
}

/// Whether a character is of a script without spaces between words: Chinese or Japanese.
fn is_spaceless(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{312f}' | '\u{31a0}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::{super::characters::tests::glyph, *};

    /// Characters of a 10-pixel font at these positions. `_` is a gap that PDFium interprets as a space.
    fn line(characters: &[(char, f32)]) -> Vec<String> {
        let item = |(character, x): &(char, f32)| match character {
            ' ' => Item::Space { generated: false },
            '_' => Item::Space { generated: true },
            '|' => Item::LineEnd,
            _ => Item::Glyph(glyph(*character, *x, 20.0, 9.0)),
        };
        let text = |word: &Word| word.glyphs.iter().map(|glyph| glyph.character).collect();
        of_line(group(characters.iter().map(item).collect())).iter().map(text).collect()
    }

    #[test]
    fn chinese_characters_have_no_blanks_between_them_that_the_page_does_not_show() {
        assert_eq!(line(&[('你', 0.0), ('_', 0.0), ('好', 12.0), ('|', 0.0), ('世', 22.0)]), ["你好世"]);
        assert_eq!(line(&[('你', 0.0), ('_', 0.0), ('好', 20.0)]), ["你", "好"]);
        assert_eq!(line(&[('你', 0.0), (' ', 0.0), ('好', 20.0)]), ["你", "好"]);
    }

    #[test]
    fn spaces_of_the_file_and_gaps_of_the_page_end_words() {
        assert_eq!(line(&[('a', 0.0), (' ', 0.0), ('b', 9.5)]), ["a", "b"]);
        assert_eq!(line(&[('a', 0.0), ('_', 0.0), ('b', 12.0)]), ["a", "b"]);
        assert_eq!(line(&[('a', 0.0), ('b', 30.0)]), ["a", "b"]);
        assert_eq!(line(&[('b', 9.5), ('|', 0.0), ('a', 0.0)]), ["ab"], "the file has it the other way round");
    }

    #[test]
    fn a_shadow_is_dropped() {
        assert_eq!(line(&[('a', 0.0), ('b', 9.0), ('|', 0.0), ('a', 1.0), ('b', 10.0)]), ["ab"]);
    }
}
