//! What ties the text on the screen to the boxes on the picture: where a box's text occurs in the page's.
//!
//! Only letters and digits are compared, so that Markdown, line breaks and a person's corrections elsewhere do no harm.

use std::ops::Range;

use inkstream_wire::{BoxKind, TextBox};

/// Text with fewer letters may stand anywhere: it is looked for only near what was found last.
const SHORT: usize = 6;
/// How near, in letters.
const NEAR: usize = 300;

/// A box that is drawn: its place in the page's list tells it from the others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mark {
    /// Its index in the page's boxes.
    pub(crate) index: usize,
    /// The box.
    pub(crate) of: TextBox,
}

/// A stretch of a piece of text that stands in a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AlignedRange {
    /// Where it is in the piece, in bytes.
    pub(crate) range: Range<usize>,
    /// The box's index in the page's boxes.
    pub(crate) mark: usize,
}

/// The boxes to draw, those that lie on top last: words only where there are no lines, and blocks without text only
/// around words.
pub(crate) fn marks(boxes: &[TextBox]) -> Vec<Mark> {
    let lined = has(boxes, BoxKind::Line);
    let around_words = |block: &TextBox| !lined && boxes.iter().any(|it| it.kind == BoxKind::Word && inside(it, block));
    let mut marks: Vec<Mark> = boxes
        .iter()
        .enumerate()
        .filter(|(_, it)| match it.kind {
            BoxKind::Word => !lined,
            BoxKind::Block => !it.text.is_empty() || around_words(it),
            BoxKind::Line | BoxKind::Figure | BoxKind::Reference => true,
        })
        .map(|(index, it)| Mark { index, of: it.clone() })
        .collect();
    marks.sort_by_key(|mark| match mark.of.kind {
        BoxKind::Block => 0,
        BoxKind::Figure => 1,
        BoxKind::Line => 2,
        BoxKind::Word => 3,
        BoxKind::Reference => 4,
    });
    marks
}

/// Finds the boxes' text in `pieces`: for each piece its stretches, in order and apart from each other. What was
/// looked for goes before the line that it is in.
pub(crate) fn aligned_ranges(pieces: &[&str], boxes: &[TextBox]) -> Vec<Vec<AlignedRange>> {
    if boxes.is_empty() {
        return vec![Vec::new(); pieces.len()];
    }
    let letters = Letters::of(pieces);
    let mut owners = vec![None; letters.at.len()];
    let read = [BoxKind::Line, BoxKind::Block, BoxKind::Word].into_iter().find(|&kind| has(boxes, kind));
    for kind in read.into_iter().chain([BoxKind::Reference]) {
        let mut cursor = 0;
        for (index, it) in boxes.iter().enumerate().filter(|(_, it)| it.kind == kind) {
            let key = folded(&it.text);
            let free = |found: &Range<usize>| {
                owners[found.clone()].iter().all(|owner| kind == BoxKind::Reference || owner.is_none())
            };
            let ahead = letters.find(&key, cursor, if key.chars().count() < SHORT { NEAR } else { usize::MAX });
            let found = match ahead {
                Some(found) => {
                    cursor = found.end;
                    Some(found)
                }
                None if key.chars().count() >= SHORT => letters.find(&key, 0, cursor).filter(free),
                None => None,
            };
            if let Some(found) = found {
                owners[found].fill(Some(index));
            }
        }
    }
    letters.runs(pieces, &owners)
}

/// Whether a box begins within another.
fn inside(it: &TextBox, other: &TextBox) -> bool {
    let (it, other) = (it.bounds, other.bounds);
    (other.x..other.x + other.width).contains(&it.x) && (other.y..other.y + other.height).contains(&it.y)
}

/// Whether boxes of this kind hold text.
fn has(boxes: &[TextBox], kind: BoxKind) -> bool {
    boxes.iter().any(|it| it.kind == kind && !it.text.is_empty())
}

/// Letters and digits, in one case.
fn folded(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Where a letter stands.
#[derive(Clone, Copy)]
struct At {
    piece: usize,
    start: usize,
    end: usize,
}

/// The letters and digits of all pieces in a row.
struct Letters {
    text: String,
    /// For each letter: where it begins in `text`, and where it stands.
    offsets: Vec<usize>,
    at: Vec<At>,
}

impl Letters {
    fn of(pieces: &[&str]) -> Self {
        let mut letters = Self { text: String::new(), offsets: Vec::new(), at: Vec::new() };
        for (piece, text) in pieces.iter().enumerate() {
            for (start, letter) in text.char_indices().filter(|(_, letter)| letter.is_alphanumeric()) {
                for folded in letter.to_lowercase() {
                    letters.offsets.push(letters.text.len());
                    letters.at.push(At { piece, start, end: start + letter.len_utf8() });
                    letters.text.push(folded);
                }
            }
        }
        letters
    }

    /// The first place of `key` from letter `from` on that begins at most `reach` letters further, as whole words.
    fn find(&self, key: &str, from: usize, reach: usize) -> Option<Range<usize>> {
        if key.is_empty() {
            return None;
        }
        let last = self.offsets.get(from.saturating_add(reach)).map_or(self.text.len(), |end| end + key.len());
        let mut from = *self.offsets.get(from)?;
        // The end of the reach may lie within a letter.
        let last = (last.min(self.text.len())..=self.text.len()).find(|&end| self.text.is_char_boundary(end))?;
        while let Some(found) = self.text.get(from..last)?.find(key) {
            let first = self.letter(from + found);
            let end = self.letter(from + found + key.len());
            if self.is_edge(first) && self.is_edge(end) {
                return Some(first..end);
            }
            from = *self.offsets.get(first + 1)?;
        }
        None
    }

    /// The letter that begins at this byte of the row.
    fn letter(&self, offset: usize) -> usize {
        self.offsets.partition_point(|&start| start < offset)
    }

    /// Whether no word goes across the border before this letter.
    fn is_edge(&self, letter: usize) -> bool {
        let (Some(before), Some(after)) = (letter.checked_sub(1).and_then(|it| self.at.get(it)), self.at.get(letter))
        else {
            return true;
        };
        before.piece != after.piece || before.end != after.start
    }

    /// The stretches that have an owner, with the marks of punctuation and Markdown at their edges.
    fn runs(&self, pieces: &[&str], owners: &[Option<usize>]) -> Vec<Vec<AlignedRange>> {
        let mut runs: Vec<Vec<AlignedRange>> = vec![Vec::new(); pieces.len()];
        let mut first = 0;
        while first < owners.len() {
            let (owner, piece) = (owners[first], self.at[first].piece);
            let same = |&letter: &usize| owners[letter] == owner && self.at[letter].piece == piece;
            let last = (first..owners.len()).take_while(same).last().unwrap_or(first);
            if let Some(mark) = owner {
                let text = pieces[piece];
                let edge = |letter: char| !letter.is_alphanumeric() && !letter.is_whitespace();
                let floor = runs[piece].last().map_or(0, |before| before.range.end);
                let start = text[floor..self.at[first].start].trim_end_matches(edge).len() + floor;
                let rest = &text[self.at[last].end..];
                let end = text.len() - rest.trim_start_matches(edge).len();
                runs[piece].push(AlignedRange { range: start..end, mark });
            }
            first = last + 1;
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use inkstream_wire::PixelBox;

    use super::*;

    fn boxes(texts: &[(BoxKind, &str)]) -> Vec<TextBox> {
        let bounds = PixelBox { x: 0, y: 0, width: 1, height: 1 };
        texts
            .iter()
            .map(|&(kind, text)| TextBox {
                kind,
                bounds,
                text: text.to_owned(),
                confidence: None,
                block: None,
                paragraph: None,
                line: None,
            })
            .collect()
    }

    fn lines(texts: &[&str]) -> Vec<TextBox> {
        boxes(&texts.iter().map(|&text| (BoxKind::Line, text)).collect::<Vec<_>>())
    }

    /// What is tied in each piece, and to which box.
    fn tied<'a>(pieces: &[&'a str], boxes: &[TextBox]) -> Vec<(&'a str, usize)> {
        let all = aligned_ranges(pieces, boxes);
        let piece = |(piece, of): (&&'a str, Vec<AlignedRange>)| -> Vec<(&'a str, usize)> {
            of.into_iter().map(|it| (&piece[it.range], it.mark)).collect()
        };
        pieces.iter().zip(all).flat_map(piece).collect()
    }

    #[test]
    fn lines_are_found_one_after_the_other_also_where_they_were_joined() {
        let boxes = lines(&["Dear Ada,", "thank you for", "thank you for", "all."]);
        assert_eq!(
            tied(&["Dear Ada,", "thank you for thank you for all."], &boxes),
            [("Dear Ada,", 0), ("thank you for", 1), ("thank you for", 2), ("all.", 3)]
        );
    }

    #[test]
    fn markdown_and_case_do_no_harm() {
        let boxes = lines(&["INVOICE 2041", "Total: 12.50 EUR"]);
        assert_eq!(
            tied(&["Invoice 2041", "**Total:** 12.50 EUR."], &boxes),
            [("Invoice 2041", 0), ("**Total:** 12.50 EUR.", 1)]
        );
    }

    #[test]
    fn a_line_that_a_person_has_changed_is_tied_to_nothing_and_the_others_stay() {
        let boxes = lines(&["The first line", "The secnod line", "The third line"]);
        assert_eq!(
            tied(&["The first line\nThe second line\nThe third line"], &boxes),
            [("The first line", 0), ("The third line", 2)]
        );
    }

    #[test]
    fn text_in_another_order_is_found_and_nothing_is_tied_twice() {
        let boxes = lines(&["The right column", "The left column", "The left column"]);
        assert_eq!(
            tied(&["The left column The right column"], &boxes),
            [("The left column", 1), ("The right column", 0)]
        );
    }

    #[test]
    fn a_short_line_is_no_part_of_a_word_and_is_not_looked_for_far_away() {
        let far = "x ".repeat(NEAR + 10) + "7";
        assert_eq!(tied(&["there he is"], &lines(&["he"])), [("he", 0)]);
        assert_eq!(tied(&["there"], &lines(&["he"])), []);
        assert_eq!(tied(&[&far], &lines(&["7"])), []);
    }

    #[test]
    fn what_was_looked_for_goes_before_its_line() {
        let boxes = boxes(&[(BoxKind::Line, "paid within thirty days"), (BoxKind::Reference, "thirty")]);
        assert_eq!(tied(&["paid within thirty days"], &boxes), [("paid within", 0), ("thirty", 1), ("days", 0)]);
    }

    #[test]
    fn blocks_with_text_stand_in_for_lines_and_words_for_both() {
        let blocks = boxes(&[(BoxKind::Block, "A title"), (BoxKind::Figure, ""), (BoxKind::Block, "a text")]);
        assert_eq!(tied(&["# A title", "a text"], &blocks), [("A title", 0), ("a text", 2)]);
        let words = boxes(&[(BoxKind::Block, ""), (BoxKind::Word, "two"), (BoxKind::Word, "words")]);
        assert_eq!(tied(&["two words"], &words), [("two", 1), ("words", 2)]);
    }

    #[test]
    fn letters_of_any_script_are_tied_at_their_borders() {
        let boxes = lines(&["Λόγος", "İSTANBUL", "図書館"]);
        assert_eq!(tied(&["«Λόγος»\nİstanbul\n図書館。"], &boxes), [("«Λόγος»", 0), ("İstanbul", 1), ("図書館。", 2)]);
    }

    #[test]
    fn a_page_full_of_lines_is_tied_line_by_line() {
        let texts: Vec<String> = (0..2_000).map(|line| format!("Line {line} of a long page")).collect();
        let page = texts.join("\n");
        let boxes = lines(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let all = tied(&[&page], &boxes);
        assert_eq!(all.len(), 2_000);
        assert_eq!(all[1_234], (texts[1_234].as_str(), 1_234));
    }

    #[test]
    fn words_are_drawn_only_where_there_are_no_lines_and_blocks_only_where_they_tell_something() {
        let kinds = |boxes: &[TextBox]| marks(boxes).iter().map(|mark| mark.of.kind).collect::<Vec<_>>();
        let all =
            boxes(&[(BoxKind::Reference, "a"), (BoxKind::Word, "a"), (BoxKind::Line, "a b"), (BoxKind::Block, "")]);
        assert_eq!(kinds(&all), [BoxKind::Line, BoxKind::Reference]);
        assert_eq!(kinds(&all[..2]), [BoxKind::Word, BoxKind::Reference]);
        let blocks = boxes(&[(BoxKind::Block, ""), (BoxKind::Word, "a"), (BoxKind::Block, "b")]);
        assert_eq!(kinds(&blocks), [BoxKind::Block, BoxKind::Block, BoxKind::Word]);
        assert_eq!(kinds(&boxes(&[(BoxKind::Block, "")])), [], "nothing is in it");
    }
}
