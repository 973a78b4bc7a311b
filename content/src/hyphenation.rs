//! Words that are hyphenated at the ends of lines, and what stands between two lines that are joined: a space, or nothing, with or without
//! the hyphen at the first line's end.

use crate::{BoundingBox, LayoutBlock, LayoutLine};

/// How two lines are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joint {
    /// By a space.
    Space,
    /// Without one: the hyphen belongs to the word, or the script has no spaces.
    Tight,
    /// Without one. The hyphen is there only because the line ends; where it is not to be removed, it stays.
    Mended,
}

/// Hyphens as they are printed, the last one in Fraktur.
const HYPHENS: [char; 3] = ['-', '\u{2010}', '⸗'];
/// Marks that are only written where a line ends: the soft hyphen, and the mark that scanners and old prints have for it.
const LINE_END_MARKS: [char; 2] = ['\u{ad}', '¬'];
/// Words after a hyphen that stands for the rest of a word, as in `Vor- und Nachteile` and `pre- and post-war`.
const AFTER_SUSPENDED: [&str; 16] =
    ["and", "or", "to", "und", "oder", "bis", "sowie", "bzw", "noch", "en", "of", "och", "eller", "og", "et", "ou"];
/// First parts of English words that keep their hyphen. As a part of an unhyphenated word each is rare.
const COMPOUND_PARTS: [&str; 5] = ["self", "well", "ill", "half", "so"];

/// The maximum width of a character, as a multiple of its line's height. A line with wider ones on average has gaps, as the rows of a table have,
/// whose next row does not continue it.
const MAX_CHARACTER: f32 = 0.75;

/// Two lines of a paragraph, of which the first ended in a hyphenated word.
#[derive(Debug, PartialEq, Eq)]
pub struct Mended {
    /// The first line with the whole word.
    pub line: String,
    /// The rest of the second line; it may be empty.
    pub next: String,
}

/// Whether the line ends in what may be a part of a word.
pub fn ends_in_hyphen(line: &str) -> bool {
    let line = line.trim_end();
    let before = line.strip_suffix(|last| HYPHENS.contains(&last) || LINE_END_MARKS.contains(&last));
    before.is_some_and(|before| before.ends_with(char::is_alphabetic))
}

/// Joins the word that is hyphenated at the end of a line; `None` if there is none. The second line is the next one of the same paragraph.
pub fn mend(line: (&str, BoundingBox), next: (&str, BoundingBox)) -> Option<Mended> {
    let is_dense = |(text, bounds): (&str, BoundingBox)| {
        bounds.width as f32 <= MAX_CHARACTER * bounds.height as f32 * text.trim().chars().count() as f32
    };
    if !ends_in_hyphen(line.0) || joint(line.0, next.0) != Joint::Mended || !is_dense(line) || !is_dense(next) {
        return None;
    }
    let (line, next) = (line.0.trim_end(), next.0.trim());
    let before = line.strip_suffix(|last| HYPHENS.contains(&last) || LINE_END_MARKS.contains(&last))?;
    let (word, rest) = next.split_once(char::is_whitespace).unwrap_or((next, ""));
    Some(Mended { line: format!("{before}{word}"), next: rest.trim_start().to_owned() })
}

/// Joins the hyphenated words of a layout. `mended` are the lines that [`mend`] has made of its lines, in order: an engine may find other
/// paragraphs when it has read the whole page. The second part of a word keeps its place on the page.
pub fn dehyphenate(layout: &mut [LayoutBlock], mended: &[String]) {
    let mut mended = mended.iter().peekable();
    for block in layout {
        let mut lines: Vec<LayoutLine> = Vec::with_capacity(block.lines.len());
        for mut next in std::mem::take(&mut block.lines) {
            if let Some(line) = lines.last_mut()
                && let Some(joined) = mend((&line.text, line.bounds), (&next.text, next.bounds))
                && mended.next_if(|expected| expected.split_whitespace().eq(joined.line.split_whitespace())).is_some()
            {
                move_word(line, &mut next, joined);
            }
            if !next.text.is_empty() {
                lines.push(next);
            }
        }
        block.lines = lines;
    }
}

/// Moves the first word of `next` to the line before.
fn move_word(line: &mut LayoutLine, next: &mut LayoutLine, mended: Mended) {
    if let Some(part) = line.words.last_mut() {
        part.text =
            part.text.trim_end_matches(|last| HYPHENS.contains(&last) || LINE_END_MARKS.contains(&last)).to_owned();
    }
    let moved = next.words.iter().scan(0, |length, word| {
        let begins_in_word = *length < next.text.trim_start().find(char::is_whitespace).unwrap_or(next.text.len());
        *length += word.text.trim().len();
        Some(begins_in_word)
    });
    let moved = moved.take_while(|moved| *moved).count();
    line.words.extend(next.words.drain(..moved));
    (line.text, next.text) = (mended.line, mended.next);
}

/// How `line` and the `next` one are joined.
pub(crate) fn joint(line: &str, next: &str) -> Joint {
    let (line, next) = (line.trim_end(), next.trim_start());
    let (Some(last), Some(first)) = (line.chars().next_back(), next.chars().next()) else { return Joint::Space };
    let before = &line[..line.len() - last.len_utf8()];
    if LINE_END_MARKS.contains(&last) {
        let is_broken = before.ends_with(char::is_alphabetic) && first.is_alphabetic();
        return if is_broken { Joint::Mended } else { Joint::Space };
    }
    if HYPHENS.contains(&last) {
        return at_hyphen(before, next);
    }
    if is_spaceless(last) && is_spaceless(first) { Joint::Tight } else { Joint::Space }
}

/// How the text before a hyphen and the next line are joined.
fn at_hyphen(before: &str, next: &str) -> Joint {
    let before = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let before = before.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    let after = next.split(char::is_whitespace).next().unwrap_or_default();
    let after = after.trim_end_matches(|letter: char| !letter.is_alphanumeric() && !HYPHENS.contains(&letter));
    // A dash.
    if !before.ends_with(char::is_alphanumeric) || !after.starts_with(char::is_alphanumeric) {
        return Joint::Space;
    }
    if AFTER_SUSPENDED.contains(&after) {
        return Joint::Space;
    }
    let is_part = |text: &str| text.chars().all(|letter| letter.is_alphabetic() || matches!(letter, '\'' | '’'));
    let is_broken = before.ends_with(char::is_lowercase)
        && after.starts_with(char::is_lowercase)
        && before.chars().count() > 1
        && is_part(before)
        && is_part(after)
        && !COMPOUND_PARTS.contains(&before.to_lowercase().as_str());
    if is_broken { Joint::Mended } else { Joint::Tight }
}

/// Whether the character is of a script without spaces between words: Thai and Lao, Burmese, Khmer, Han, kana, and their punctuation.
/// Korean has spaces.
pub(crate) const fn is_spaceless(letter: char) -> bool {
    matches!(letter, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{312f}'
        | '\u{31a0}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::{
        Joint::{Mended, Space, Tight},
        *,
    };
    use crate::{BoxKind, LayoutWord, RegionKind, from_layout};

    fn line(text: &str, y: u32) -> LayoutLine {
        let bounds =
            |x: usize, letters: usize| BoundingBox { x: x as u32 * 9, y, width: letters as u32 * 9, height: 20 };
        let mut x = 0;
        let words = text.split(' ').map(|word| {
            x += word.len() + 1;
            LayoutWord { text: word.to_owned(), bounds: bounds(x - word.len() - 1, word.len()), confidence: None }
        });
        let words = words.collect();
        LayoutLine {
            text: text.to_owned(),
            bounds: bounds(0, text.len()),
            confidence: None,
            paragraph: Some(0),
            number: None,
            words,
        }
    }

    fn block(lines: Vec<LayoutLine>) -> LayoutBlock {
        LayoutBlock { number: Some(0), kind: RegionKind::Block, bounds: None, lines, table: None }
    }

    #[test]
    fn a_mended_word_is_on_the_line_on_which_it_begins_and_both_parts_keep_their_places() {
        let mut layout = [block(vec![line("cut for the exam-", 0), line("ple, and more of-", 30), line("ten.", 60)])];
        dehyphenate(&mut layout, &["cut for the example,".to_owned(), "and more often.".to_owned()]);
        let texts: Vec<_> = layout[0].lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["cut for the example,", "and more often."]);
        let content = from_layout("cut for the example,\nand more often.\n", &layout, None);
        let words: Vec<_> = content.boxes("").into_iter().filter(|found| found.kind == BoxKind::Word).collect();
        let told: Vec<_> = words.iter().map(|word| (word.text.as_str(), word.bounds.y)).collect();
        assert_eq!(told[3..5], [("exam", 0), ("ple,", 30)]);
        assert_eq!(told[7..], [("of", 30), ("ten.", 60)]);
    }

    #[test]
    fn lines_with_gaps_and_lines_that_were_not_mended_before_stay() {
        let wide = LayoutLine { bounds: BoundingBox { x: 0, y: 0, width: 500, height: 20 }, ..line("salt exam-", 0) };
        for (lines, mended) in [
            (vec![line("exam-", 0), line("ple", 30)], Vec::new()),
            (vec![wide, line("ple", 30)], vec!["salt example".to_owned()]),
        ] {
            let mut layout = [block(lines.clone())];
            dehyphenate(&mut layout, &mended);
            assert_eq!(layout, [block(lines)]);
        }
    }

    #[test]
    fn a_hyphen_is_the_lines_only_between_parts_of_one_word() {
        for (line, next, expected) in [
            ("an exam-", "ple, here", Mended),
            ("(exam-", "ple)", Mended),
            ("ein Bei\u{2010}", "spiel", Mended),
            ("ein Bei⸗", "ſpiel", Mended),
            ("ein Bei¬", "spiel", Mended),
            ("EX\u{ad}", "AMPLE", Mended),
            ("Nord-", "Süd", Tight),
            ("2020-", "21", Tight),
            ("COVID-", "free", Tight),
            ("an e-", "mail", Tight),
            ("state-of-", "the-art", Tight),
            ("a well-", "known man", Tight),
            ("Vor-", "und Nachteile", Space),
            ("the yard -", "and more", Space),
            ("12,-", "euros", Space),
            ("a ¬", "b", Space),
            ("the yard", "behind", Space),
            ("盐是海", "岸的", Tight),
            ("盐是海", "of it", Space),
            ("소금은", "해안의", Space),
            ("", "", Space),
        ] {
            assert_eq!(joint(line, next), expected, "{line} {next}");
        }
    }
}
