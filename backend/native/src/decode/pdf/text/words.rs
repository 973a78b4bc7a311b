//! Words of characters that stand beside one another in the file and on the page.

use super::{
    bidi,
    characters::{Glyph, Item},
    geometry::{Direction, Rect},
};

/// The maximum distance between characters of one word, in font sizes.
const MAX_STEP: f32 = 0.6;
/// The maximum distance between the baselines of characters of one word, in font sizes: an index is raised by up to a half.
const MAX_SHIFT: f32 = 0.8;
/// How close words stand that the file has at different places and that are one on the page.
const JOINED: f32 = 0.12;
/// The gap between Chinese or Japanese characters from which it looks like a space.
const SPACELESS_GAP: f32 = 0.5;
/// The share of two equal words that is common where the one is the other's shadow.
const SHADOW: f32 = 0.6;

/// A word. Places are in the frame of its direction.
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
    /// What follows the word in the file.
    ends: End,
    /// Whether it is no part of a longer word.
    alone: bool,
}

/// What ends a word in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Space,
    /// A gap that PDFium takes for a space, or that is too wide.
    Gap,
    Line,
}

impl Word {
    fn of(glyph: Glyph, number: usize) -> Self {
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

    /// A word of one character that no other is joined with, and that is not the file's.
    pub(super) fn alone(glyph: Glyph) -> Self {
        Self { alone: true, ..Self::of(glyph, 0) }
    }

    fn push(&mut self, glyph: Glyph) {
        self.bounds = self.bounds.around(self.direction.frame_rect(glyph.bounds));
        if glyph.em > self.em {
            (self.em, self.baseline) = (glyph.em, baseline(&glyph));
        }
        self.glyphs.push(glyph);
    }

    /// The height at which lower-case letters stand: of one line whatever its letters are.
    pub(super) fn core(&self) -> (f32, f32) {
        (self.baseline - 0.6 * self.em, self.baseline)
    }

    /// Whether `glyph` goes on with it.
    fn goes_on(&self, glyph: &Glyph) -> bool {
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

    /// Whether `next`, which is the next on its line, is the same word.
    fn joins(&self, next: &Self) -> bool {
        let gap = next.bounds.left - self.bounds.right;
        let em = self.em.max(next.em);
        let spaceless = |glyph: Option<&Glyph>| glyph.is_some_and(|glyph| is_spaceless(glyph.character));
        let both_spaceless = spaceless(self.glyphs.last()) && spaceless(next.glyphs.first());
        let from_right = bidi::is_word_from_right(self) && bidi::is_word_from_right(next);
        if gap < -0.5 * em || self.alone || next.alone {
            return false;
        }
        // A line that is written from the right has its words the other way round.
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
            // PDFium takes the places of marks for gaps in words that run from the right.
            Some(End::Gap) => from_right && gap < JOINED * em,
            Some(End::Line) | None => gap < JOINED * em,
        }
    }
}

/// The words in the file's order.
pub(super) fn of(items: Vec<Item>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut open = false;
    for item in items {
        let end = match item {
            Item::Glyph(glyph) => {
                match words.last_mut().filter(|_| open) {
                    Some(word) if word.goes_on(&glyph) => word.push(glyph),
                    before => {
                        if let Some(word) = before {
                            word.ends = End::Gap;
                        }
                        words.push(Word::of(glyph, words.len()));
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

/// The words of a line from left to right, in its frame: what is one word on the page is one, and a shadow is dropped.
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

/// Where the line stands on which a character does, in its frame. An upright one in a column has none: its middle counts.
fn baseline(glyph: &Glyph) -> f32 {
    let bounds = glyph.direction.frame_rect(glyph.bounds);
    let origin = glyph.direction.frame(glyph.origin).1;
    let near = origin > bounds.top - glyph.em && origin < bounds.bottom + glyph.em;
    if near { origin } else { bounds.bottom }
}

/// Scripts whose words stand side by side without spaces: Chinese and Japanese.
fn is_spaceless(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{312f}' | '\u{31a0}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::{super::characters::tests::glyph, *};

    /// Characters of a font of 10 pixels at these places; `_` is a gap that PDFium takes for a space.
    fn line(characters: &[(char, f32)]) -> Vec<String> {
        let item = |(character, x): &(char, f32)| match character {
            ' ' => Item::Space { generated: false },
            '_' => Item::Space { generated: true },
            '|' => Item::LineEnd,
            _ => Item::Glyph(glyph(*character, *x, 20.0, 9.0)),
        };
        let text = |word: &Word| word.glyphs.iter().map(|glyph| glyph.character).collect();
        of_line(of(characters.iter().map(item).collect())).iter().map(text).collect()
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
