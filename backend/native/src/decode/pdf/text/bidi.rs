//! Reorders lines of right-to-left scripts from visual to logical order. The positions on the page decide, because the order in the
//! file depends on the program that wrote it.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{geometry::Rect, words::Word};

/// A word with its characters in logical order, and its bounds in the image.
pub(super) struct LogicalWord {
    pub(super) text: String,
    pub(super) bounds: Rect,
}

/// The characters that are drawn at one position: a character with its marks, or a ligature.
struct Cluster {
    text: Vec<char>,
    bounds: Rect,
    /// The position along the line.
    middle: f32,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    RightToLeft,
    LeftToRight,
    Digit,
    /// A separator between the digits of a number: `.`, `,`, `:`, `/`, `-`.
    Separator,
    /// A sign that belongs to the number next to it: `%`, `+`, currencies.
    Sign,
    Neutral,
    Space,
}

/// Whether most letters are of a right-to-left script.
pub(super) fn is_right_to_left<'a>(words: impl Iterator<Item = &'a Word>) -> bool {
    let (mut from_right, mut from_left) = (0_usize, 0_usize);
    for glyph in words.flat_map(|word| &word.glyphs) {
        match kind(glyph.character) {
            Kind::RightToLeft => from_right += 1,
            Kind::LeftToRight => from_left += 1,
            _ => {}
        }
    }
    from_right > from_left
}

/// Whether the character is a letter of a right-to-left script.
fn is_right_to_left_letter(character: char) -> bool {
    kind(character) == Kind::RightToLeft
}

/// Whether all letters of a word are of a right-to-left script, and it has at least one.
pub(super) fn is_right_to_left_word(word: &Word) -> bool {
    let is = |wanted: Kind| word.glyphs.iter().any(|glyph| kind(glyph.character) == wanted);
    is(Kind::RightToLeft) && !is(Kind::LeftToRight) && !is(Kind::Digit)
}

/// Puts the words of a line, which are sorted from left to right, in logical order.
pub(super) fn logical_words(words: &[Word], from_right: bool) -> Vec<LogicalWord> {
    if !words.iter().flat_map(|word| &word.glyphs).any(|glyph| is_right_to_left_letter(glyph.character)) {
        return words.iter().map(plain).collect();
    }
    let mut clusters: Vec<Cluster> = Vec::new();
    for word in words {
        if !clusters.is_empty() {
            clusters.push(space());
        }
        clusters.extend(self::clusters(word));
    }
    to_logical_order(&mut clusters, from_right);
    match_brackets(&mut clusters);
    let words = clusters.split(|cluster| cluster.kind == Kind::Space).filter(|word| !word.is_empty());
    words
        .filter_map(|word| {
            let bounds = word.iter().map(|cluster| cluster.bounds).reduce(Rect::around)?;
            Some(LogicalWord { text: word.iter().flat_map(|cluster| &cluster.text).collect(), bounds })
        })
        .collect()
}

/// A word without letters of a right-to-left script: visual and logical order are the same.
fn plain(word: &Word) -> LogicalWord {
    let bounds = word.glyphs.iter().map(|glyph| glyph.bounds).reduce(Rect::around);
    let nowhere = Rect { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 };
    LogicalWord {
        text: word.glyphs.iter().flat_map(|glyph| base_letters(glyph.character)).collect(),
        bounds: bounds.unwrap_or(nowhere),
    }
}

fn space() -> Cluster {
    let bounds = Rect { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 };
    Cluster { text: Vec::new(), bounds, middle: 0.0, kind: Kind::Space }
}

/// The clusters of a word from left to right.
fn clusters(word: &Word) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut marks: Vec<Cluster> = Vec::new();
    let ligatures = word.glyphs.chunk_by(|a, b| a.origin == b.origin && a.bounds == b.bounds);
    for glyphs in ligatures {
        let characters: Vec<char> = glyphs.iter().map(|glyph| glyph.character).collect();
        let frame = word.direction.frame_rect(glyphs[0].bounds);
        let kinds = || characters.iter().map(|character| kind(*character));
        let kind = kinds().find(|kind| *kind != Kind::Neutral).unwrap_or(Kind::Neutral);
        let mark = characters.iter().all(|character| is_combining_mark(*character));
        let cluster = Cluster {
            text: if kind == Kind::RightToLeft { ligature(characters) } else { characters },
            bounds: glyphs[0].bounds,
            middle: f32::midpoint(frame.left, frame.right),
            kind,
        };
        if mark { marks.push(cluster) } else { clusters.push(cluster) }
    }
    clusters.sort_by(|a, b| a.middle.total_cmp(&b.middle));
    for mark in marks {
        // A mark follows the letter that it is drawn above or below.
        let distance = |cluster: &Cluster| (cluster.middle - mark.middle).abs();
        match clusters.iter_mut().min_by(|a, b| distance(a).total_cmp(&distance(b))) {
            Some(letter) => letter.text.extend(mark.text),
            None => clusters.push(mark),
        }
    }
    for cluster in &mut clusters {
        cluster.text = cluster.text.iter().flat_map(|character| base_letters(*character)).collect();
    }
    clusters
}

/// The letters of a ligature in logical order. PDFium returns letters that the file maps a glyph to in visual order, and the letters of
/// a presentation form in logical order.
fn ligature(mut letters: Vec<char>) -> Vec<char> {
    if letters.len() < 2 {
        return letters;
    }
    if letters.iter().any(|letter| is_combining_mark(*letter)) {
        letters.sort_by_key(|letter| is_combining_mark(*letter));
        return letters;
    }
    let forms = |letters: &[char]| {
        ('\u{fb1d}'..='\u{fdff}').chain('\u{fe70}'..='\u{fefc}').any(|form| form.nfkc().eq(letters.iter().copied()))
    };
    let reversed: Vec<char> = letters.iter().rev().copied().collect();
    if forms(&letters) && !forms(&reversed) { letters } else { reversed }
}

/// The letters of a presentation form. The shape that a letter has at its position in the word is not part of the text.
fn base_letters(character: char) -> impl Iterator<Item = char> {
    let is_form = matches!(character, '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    let itself = (!is_form).then_some(character);
    itself.into_iter().chain(is_form.then(|| character.nfkc().filter(|it| !it.is_whitespace())).into_iter().flatten())
}

/// Reverses a line, except for the runs of the other direction.
fn to_logical_order(clusters: &mut [Cluster], from_right: bool) {
    if from_right {
        clusters.reverse();
        let mut at = 0;
        while at < clusters.len() {
            // The reversal also reversed the runs of the other direction: reverse them back.
            let end = left_to_right_end(clusters, at);
            if end > at + 1 {
                clusters[at..end].reverse();
            }
            at = end.max(at + 1);
        }
        return;
    }
    let mut at = 0;
    while at < clusters.len() {
        if clusters[at].kind != Kind::RightToLeft {
            at += 1;
            continue;
        }
        let run = clusters[at..].iter().take_while(|cluster| cluster.kind != Kind::LeftToRight);
        let end = at + run.count();
        let last = clusters[at..end].iter().rposition(|cluster| cluster.kind == Kind::RightToLeft).unwrap_or(0);
        let end = at + last + 1;
        to_logical_order(&mut clusters[at..end], true);
        at = end;
    }
}

/// The end of the left-to-right run that begins at `at` in a reversed line. The run is one number, or left-to-right letters with
/// everything between them and the numbers next to them.
fn left_to_right_end(clusters: &[Cluster], at: usize) -> usize {
    let kind = |index: usize| clusters.get(index).map(|cluster| cluster.kind);
    // The run may begin with numbers: they are drawn to the right of the letters, and follow them in logical order.
    let (mut end, mut letters, mut index) = (at, false, at);
    while let Some(it) = kind(index) {
        match it {
            Kind::RightToLeft => break,
            Kind::LeftToRight => {
                letters = true;
                end = index + 1;
            }
            _ => {}
        }
        index += 1;
    }
    if letters && matches!(kind(at), Some(Kind::LeftToRight | Kind::Digit)) {
        return end;
    }
    let mut end = at;
    while let Some(it) = kind(end) {
        let before = end > at && kind(end - 1) == Some(Kind::Digit);
        let goes_on = match it {
            Kind::Digit => true,
            Kind::Separator => before && kind(end + 1) == Some(Kind::Digit),
            Kind::Sign => before || end == at && kind(end + 1) == Some(Kind::Digit),
            _ => false,
        };
        if !goes_on {
            break;
        }
        end += 1;
    }
    end
}

/// Makes brackets open before they close. Whether a file contains the drawn bracket or its logical counterpart depends on the program
/// that wrote it.
fn match_brackets(clusters: &mut [Cluster]) {
    for (open, close) in [('(', ')'), ('[', ']'), ('{', '}'), ('«', '»')] {
        let mut brackets: Vec<&mut char> = clusters
            .iter_mut()
            .flat_map(|cluster| cluster.text.iter_mut())
            .filter(|character| **character == open || **character == close)
            .collect();
        let wrong = brackets.len() > 1
            && brackets.len().is_multiple_of(2)
            && brackets
                .iter()
                .enumerate()
                .all(|(index, bracket)| **bracket == if index % 2 == 0 { close } else { open });
        if wrong {
            for bracket in &mut brackets {
                **bracket = if **bracket == open { close } else { open };
            }
        }
    }
}

fn kind(character: char) -> Kind {
    match character {
        '0'..='9' | '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' => Kind::Digit,
        '.' | ',' | ':' | '/' | '-' | '\u{66b}' | '\u{66c}' | '\u{60c}' => Kind::Separator,
        '%' | '+' | '$' | '€' | '£' | '¥' | '₪' | '#' | '°' | '\u{66a}' | '\u{2212}' => Kind::Sign,
        '\u{591}'..='\u{8ff}'
        | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}'
            if character.is_alphabetic() || character == '\u{640}' =>
        {
            Kind::RightToLeft
        }
        _ if is_combining_mark(character) => Kind::Neutral,
        _ if character.is_alphabetic() => Kind::LeftToRight,
        _ => Kind::Neutral,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::pdf::text::{
        characters::{Item, tests::glyph},
        words,
    };

    /// A line as it is drawn from left to right, ten pixels per character. Characters in braces share one position.
    fn drawn(line: &str) -> Vec<Word> {
        let (mut items, mut x, mut together) = (Vec::new(), 0.0, false);
        for character in line.chars() {
            match character {
                '{' | '}' => {
                    together = character == '{';
                    x += if together { 0.0 } else { 10.0 };
                    continue;
                }
                ' ' => items.push(Item::Space { generated: false }),
                _ => items.push(Item::Glyph(glyph(character, x, 20.0, 9.0))),
            }
            x += if together { 0.0 } else { 10.0 };
        }
        words::of_line(words::group(items))
    }

    fn logical_text(line: &str, from_right: bool) -> String {
        logical_words(&drawn(line), from_right).iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_line_is_turned_around_but_for_latin_words_and_numbers() {
        assert_eq!(logical_text("םלוע םולש", true), "שלום עולם");
        assert_eq!(logical_text("Python ו R תפש", true), "שפת R ו Python");
        assert_eq!(logical_text("ףוס Visual Studio 2022 תפש", true), "שפת Visual Studio 2022 סוף");
        assert_eq!(logical_text("%12.5 תא", true), "את %12.5");
        assert_eq!(logical_text("2024/05/17 םוי", true), "יום 2024/05/17");
        assert_eq!(logical_text("20 10 םירפסמ", true), "מספרים 10 20");
        assert_eq!(logical_text(".Python", true), ".Python", "nothing in it runs from the right");
        assert_eq!(logical_text(".Python תפש", true), "שפת Python.");
    }

    #[test]
    fn words_from_the_right_within_a_line_from_the_left_are_turned_around() {
        assert_eq!(logical_text("the word םולש means", false), "the word שלום means");
        assert_eq!(logical_text("say םלוע םולש (twice)", false), "say שלום עולם (twice)");
        assert_eq!(logical_text("no. 17 of םוי", false), "no. 17 of יום");
    }

    #[test]
    fn ligatures_are_spelled_in_the_order_of_the_word() {
        // PDFium reports a glyph that the file maps to two characters in the order of the line.
        assert_eq!(logical_text("ة{ال}ص", true), "صلاة");
        // It decomposes presentation forms itself.
        assert_eq!(logical_text("ة{لا}ص", true), "صلاة");
        assert_eq!(logical_text("ةﻼص", true), "صلاة");
        assert_eq!(logical_text("{هلل}", true), "لله");
        assert_eq!(logical_text("ﻢﻠﺳ", true), "سلم");
    }

    #[test]
    fn marks_stand_behind_their_letter() {
        assert_eq!(logical_text("ما{\u{64e}ل}س", true), "سل\u{64e}ام");
        let mut words = drawn("באש");
        let mut mark = glyph('\u{5b8}', 22.0, 20.0, 3.0);
        mark.em = 10.0;
        words[0].glyphs.insert(0, mark);
        assert_eq!(logical_words(&words, true)[0].text, "ש\u{5b8}אב");
    }

    #[test]
    fn brackets_open_before_they_close() {
        assert_eq!(logical_text("ףוס )תוריהמ( תפש", true), "שפת (מהירות) סוף");
        assert_eq!(logical_text("ףוס (תוריהמ) תפש", true), "שפת (מהירות) סוף");
    }
}
