//! Finds a text among the words of a page.
//!
//! What counts as equal is lenient, because words come from recognition: case, compatibility forms of letters (NFKC),
//! punctuation at a word's edges and the kind of white space make no difference, and a word that is hyphenated at a line's
//! end is the word.

use std::ops::Range;

use inkstream_wire::{BoxKind, PixelBox, TextBox};
use unicode_normalization::UnicodeNormalization;

/// A place where the reference stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// The words as the page has them; those of a word that is hyphenated at a line's end are put together.
    pub text: String,
    /// One box of kind `Reference` for each line that it touches; at least one.
    pub boxes: Vec<TextBox>,
}

/// Finds `reference` in a page's words (boxes of kind `Word`, in reading order; the lines before them tell the spaces between
/// them), in reading order. Where it is a part of a word, the whole word is found. Line feeds in it are line ends. A reference without
/// letters, digits and symbols is nowhere.
pub fn find(reference: &str, boxes: &[TextBox]) -> Vec<Match> {
    let words = words(boxes);
    let mut found: Vec<(Range<usize>, Hyphens)> = Vec::new();
    for hyphens in [Hyphens::Dropped, Hyphens::Kept] {
        let page = Strand::of(words.iter().map(|word| (word.place.text.as_str(), word.place.line)), hyphens);
        let lines = (0..).zip(reference.lines());
        let wanted =
            Strand::of(lines.flat_map(|(line, text)| text.split_whitespace().map(move |w| (w, Some(line)))), hyphens);
        found.extend(page.find(&wanted.text).into_iter().map(|range| (range, hyphens)));
    }
    found.sort_by_key(|(range, _)| (range.start, range.end));
    found.dedup_by(|(a, _), (b, _)| a == b);
    found.into_iter().map(|(range, hyphens)| matched(&words[range], hyphens)).collect()
}

/// What becomes of a hyphen at a line's end: it is the line's in "infor-/mation", and the word's in "well-/known".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hyphens {
    Dropped,
    Kept,
}

impl Hyphens {
    /// What stands between a word's two halves.
    fn gap(self) -> &'static str {
        if self == Self::Kept { "-" } else { "" }
    }
}

/// Words in one text, in the form in which they are compared.
#[derive(Default)]
struct Strand {
    text: String,
    /// For each word that is in it, where it begins, and its number.
    words: Vec<(usize, usize)>,
}

impl Strand {
    /// Of words with their lines.
    fn of<'a>(words: impl Iterator<Item = (&'a str, Option<u32>)>, hyphens: Hyphens) -> Self {
        let mut strand = Self::default();
        let mut before: Option<(&str, Option<u32>)> = None;
        for (number, (word, line)) in words.enumerate() {
            let folded = fold(word);
            if folded.is_empty() {
                continue;
            }
            let hyphenated = before.is_some_and(|(text, its_line)| its_line != line && is_hyphenated(text));
            strand.text.push_str(match (strand.text.chars().next_back(), folded.chars().next()) {
                _ if hyphenated => hyphens.gap(),
                // The space between a Chinese word and a number counts no more than those between Chinese words.
                (Some(before), Some(after)) if !is_spaceless(before) && !is_spaceless(after) => " ",
                _ => "",
            });
            strand.words.push((strand.text.len(), number));
            strand.text.push_str(&folded);
            before = Some((word, line));
        }
        strand
    }

    /// Numbers of the words that `wanted` touches, wherever it stands.
    fn find(&self, wanted: &str) -> Vec<Range<usize>> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let at = |byte: usize| self.words[self.words.partition_point(|(start, _)| *start <= byte) - 1].1;
        self.text.match_indices(wanted).map(|(from, _)| at(from)..at(from + wanted.len() - 1) + 1).collect()
    }
}

fn is_hyphenated(word: &str) -> bool {
    word.strip_suffix(is_hyphen).is_some_and(|stem| stem.ends_with(char::is_alphanumeric))
}

fn is_hyphen(character: char) -> bool {
    matches!(character, '-' | '\u{ad}' | '\u{2010}' | '\u{2011}')
}

/// The form in which words are compared: composed, without case (upper case first, so that `ß` equals `ss` and both
/// lower-case sigmas are one), without what shows nothing and what stands at the edges.
fn fold(word: &str) -> String {
    let caseless = word.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let folded: String = caseless.nfkc().filter(|character| !is_invisible(*character)).map(typewritten).collect();
    let words = folded.split_whitespace().map(|word| word.trim_matches(is_punctuation));
    without_inner_edges(&words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

/// Without punctuation beside a character of a script without spaces: a word may end there, or may not.
fn without_inner_edges(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut punctuation = String::new();
    for character in text.chars() {
        if is_punctuation(character) {
            punctuation.push(character);
            continue;
        }
        if !is_spaceless(character) && !kept.chars().next_back().is_some_and(is_spaceless) {
            kept.push_str(&punctuation);
        }
        punctuation.clear();
        kept.push(character);
    }
    // What is at the end is none's edge: it was trimmed.
    kept
}

/// Dashes and apostrophes as a keyboard has them: printers have others.
fn typewritten(character: char) -> char {
    match character {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{2032}' => '\'',
        other => other,
    }
}

/// Soft hyphens, joiners and marks of direction.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// What may stand at a word's edge without being of it. Symbols (`$`, `%`, `&`, `§`, `+` …) are not among it: they say
/// something.
fn is_punctuation(character: char) -> bool {
    matches!(
        character,
        '!' | '"' | '\'' | '(' | ')' | '*' | ',' | '-' | '.' | '/' | ':' | ';' | '?' | '[' | '\\' | ']' | '_' | '`'
            | '{' | '|' | '}' | '¡' | '«' | '·' | '»' | '¿' | '\u{2010}'..='\u{2027}' | '‹' | '›'
            | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '・'
    )
}

/// Chinese, Japanese, Thai, Lao, Tibetan, Burmese and Khmer put no spaces between words: where one begins is what recognition
/// says.
fn is_spaceless(character: char) -> bool {
    matches!(
        character,
        '\u{0e00}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{312f}'
            | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
    )
}

/// A word of the page, and what stands between it and the next one of its line.
struct Word<'a> {
    place: &'a TextBox,
    gap: &'a str,
}

/// The words of a page in reading order, with the spaces that their lines' text has between them.
fn words(boxes: &[TextBox]) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    // The line that a word is of comes before it.
    let mut line: Option<(&TextBox, usize)> = None;
    for place in boxes {
        match place.kind {
            BoxKind::Line => line = Some((place, 0)),
            BoxKind::Word => {
                let of_line = line.filter(|(line, _)| line.line == place.line);
                let found = of_line.and_then(|(line, at)| Some((line, at, line.text.get(at..)?.find(&place.text)?)));
                if let Some((text, at, gap)) = found {
                    if let (Some(before), true) = (words.last_mut(), at > 0) {
                        before.gap = &text.text[at..at + gap];
                    }
                    line = Some((text, at + gap + place.text.len()));
                }
                words.push(Word { place, gap: " " });
            }
            BoxKind::Block | BoxKind::Figure | BoxKind::Reference => {}
        }
    }
    words
}

/// What was found, line by line.
fn matched(words: &[Word<'_>], hyphens: Hyphens) -> Match {
    let lines = words.chunk_by(|a, b| a.place.line == b.place.line);
    let boxes = lines.map(|line| TextBox {
        kind: BoxKind::Reference,
        bounds: line.iter().map(|word| word.place.bounds).reduce(union).unwrap_or(line[0].place.bounds),
        text: joined(line, hyphens),
        confidence: line.iter().filter_map(|word| word.place.confidence).reduce(f32::min),
        ..line[0].place.clone()
    });
    Match { text: joined(words, hyphens), boxes: boxes.collect() }
}

fn joined(words: &[Word<'_>], hyphens: Hyphens) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        let its_text = word.place.text.as_str();
        let Some(next) = words.get(index + 1).map(|next| next.place) else {
            text.push_str(its_text);
            break;
        };
        if next.line == word.place.line {
            text.push_str(its_text);
            text.push_str(word.gap);
        } else if is_hyphenated(its_text) {
            text.push_str(its_text.trim_end_matches(is_hyphen));
            text.push_str(hyphens.gap());
        } else {
            text.push_str(its_text);
            let spaceless = |character: Option<char>| character.is_some_and(is_spaceless);
            let run_on = spaceless(its_text.chars().next_back()) && spaceless(next.text.chars().next());
            text.push_str(if run_on { "" } else { " " });
        }
    }
    text
}

/// The smallest box around both.
pub(crate) fn union(a: PixelBox, b: PixelBox) -> PixelBox {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let right = a.x.saturating_add(a.width).max(b.x.saturating_add(b.width));
    let bottom = a.y.saturating_add(a.height).max(b.y.saturating_add(b.height));
    PixelBox { x, y, width: right - x, height: bottom - y }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Words of these lines, each 10 pixels wide, each line 20 pixels below the one before.
    fn page(text: &str) -> Vec<TextBox> {
        let mut boxes = Vec::new();
        for (line, words) in (0..).zip(text.lines()) {
            for (column, word) in (0..).zip(words.split_whitespace()) {
                boxes.push(TextBox {
                    kind: BoxKind::Word,
                    bounds: PixelBox { x: 10 * column, y: 20 * line, width: 9, height: 18 },
                    text: word.to_owned(),
                    confidence: Some(90.0 - column as f32),
                    block: Some(0),
                    paragraph: Some(0),
                    line: Some(line),
                });
            }
        }
        boxes
    }

    fn texts(reference: &str, text: &str) -> Vec<String> {
        find(reference, &page(text)).into_iter().map(|found| found.text).collect()
    }

    #[test]
    fn a_match_has_a_box_for_each_line_that_it_touches() {
        let found = find("price of sea salt", &page("The price of\nsea salt rose"));
        let [only] = &found[..] else { panic!("{found:?}") };
        assert_eq!(only.text, "price of sea salt");
        let boxes: Vec<_> = only.boxes.iter().map(|place| (place.text.as_str(), place.line, place.bounds)).collect();
        let bounds = |x, y, width| PixelBox { x, y, width, height: 18 };
        assert_eq!(boxes, [("price of", Some(0), bounds(10, 0, 19)), ("sea salt", Some(1), bounds(0, 20, 19))]);
        assert!(only.boxes.iter().all(|place| place.kind == BoxKind::Reference));
        assert_eq!(only.boxes[0].confidence, Some(88.0), "as sure as of its least sure word");
    }

    #[test]
    fn a_word_hyphenated_at_a_lines_end_is_found_whole() {
        assert_eq!(texts("information", "more infor-\nmation here"), ["information"]);
        assert_eq!(texts("well-known", "a well-\nknown fact"), ["well-known"]);
        assert_eq!(texts("infor-\nmation", "more information"), ["information"]);
        assert_eq!(find("information", &page("infor-\nmation"))[0].boxes.len(), 2);
        assert!(texts("information", "infor- mation").is_empty(), "no line ends there");
    }

    #[test]
    fn case_forms_of_letters_white_space_and_edges_make_no_difference() {
        assert_eq!(texts("strasse", "Die STRASSE, die Straße."), ["STRASSE,", "Straße."]);
        assert_eq!(texts("ΟΔΟΣ", "οδος"), ["οδος"]);
        assert_eq!(texts("office", "the oﬃce"), ["oﬃce"]);
        assert_eq!(texts("caf\u{65}\u{301}", "(café)"), ["(café)"]);
        assert_eq!(texts("  total\t due ", "Total: «due»"), ["Total: «due»"]);
        assert_eq!(texts("don't", "they don’t"), ["don’t"]);
        assert_eq!(texts("Salt & Pepper", "salt & pepper, salt pepper"), ["salt & pepper,"]);
        assert_eq!(texts("salt pepper", "salt – pepper"), ["salt – pepper"]);
    }

    #[test]
    fn a_part_of_a_word_finds_the_word_once() {
        assert_eq!(texts("an", "one banana"), ["banana"]);
        assert_eq!(texts("47", "No. 4711/47 of 1947"), ["4711/47", "1947"]);
    }

    /// Lines of these words, which are put apart by `|`.
    fn lines(text: &str) -> Vec<TextBox> {
        let mut boxes = page(&text.replace(' ', "").replace('|', " "));
        for (line, words) in (0..).zip(text.lines()) {
            let at = boxes.iter().position(|place| place.line == Some(line)).unwrap();
            let place = TextBox { kind: BoxKind::Line, text: words.replace('|', ""), ..boxes[at].clone() };
            boxes.insert(at, place);
        }
        boxes
    }

    fn texts_on_lines(reference: &str, text: &str) -> Vec<String> {
        find(reference, &lines(text)).into_iter().map(|found| found.text).collect()
    }

    #[test]
    fn chinese_needs_no_spaces_and_keeps_those_it_has() {
        assert_eq!(texts_on_lines("你好世界", "你|好|世界"), ["你好世界"]);
        assert_eq!(texts_on_lines("价格为28元", "价格|为|28|元|，|儿童"), ["价格为28元"]);
        assert_eq!(texts_on_lines("28元，儿童半价。", "价格|为|28|元|，|儿童|半价|。"), ["28元，儿童半价"]);
        assert_eq!(texts_on_lines("28元儿童", "价格|为28元，儿童|半价。"), ["为28元，儿童"]);
        assert_eq!(
            texts_on_lines("在 Harbour Office 购票", "请|在 |Harbour |Office |购票"),
            ["在 Harbour Office 购票"]
        );
        assert_eq!(texts_on_lines("在Harbour", "请|在 |Harbour |Office |购票"), ["在 Harbour"]);
        assert_eq!(texts_on_lines("岛的船票", "对面|的|岛\n的|船票"), ["岛的船票"], "over a line's end");
        assert_eq!(texts_on_lines("東の桟橋を", "朝|七|時|に|東|の|桟橋|を|出ます"), ["東の桟橋を"]);
    }

    #[test]
    fn thai_needs_no_spaces_and_korean_does() {
        assert_eq!(texts_on_lines("ราคา 28 บาท", "ตั๋ว|ราคา |28 |บาท |เด็ก"), ["ราคา 28 บาท"]);
        assert_eq!(texts_on_lines("ตั๋วราคา", "ตั๋ว|ราคา |28 |บาท"), ["ตั๋วราคา"]);
        assert_eq!(texts_on_lines("에서 28원에", "표는 |사무실에서 |28원에 |팝니다"), ["사무실에서 28원에"]);
        assert!(texts_on_lines("에서28원에", "표는 |사무실에서 |28원에 |팝니다").is_empty());
    }

    #[test]
    fn what_is_written_from_right_to_left_is_found_in_reading_order() {
        assert_eq!(texts_on_lines("رقم التذكرة 4711", "رقم |التذكرة |4711 |والسعر"), ["رقم التذكرة 4711"]);
        assert_eq!(
            texts_on_lines("كلمة Harbour على", "كلمة |\u{200e}Harbour\u{200f} |على"),
            ["كلمة \u{200e}Harbour\u{200f} على"]
        );
    }

    #[test]
    fn nothing_is_found_where_nothing_is_asked_or_there() {
        for reference in ["", " \n", "--", "…", "\u{200b}"] {
            assert!(texts(reference, "one -- two …").is_empty(), "{reference:?}");
        }
        assert!(texts("three", "one two").is_empty());
        assert!(find("one", &[]).is_empty());
        let lines: Vec<_> = page("one").into_iter().map(|word| TextBox { kind: BoxKind::Line, ..word }).collect();
        assert!(find("one", &lines).is_empty(), "words alone are searched");
    }

    #[test]
    fn a_large_page_that_nearly_matches_everywhere_takes_no_time() {
        let text = "a ".repeat(20_000);
        let reference = "a ".repeat(9_999) + "b";
        let begun = std::time::Instant::now();
        assert!(texts(&reference, &text).is_empty());
        assert_eq!(texts("a", &text).len(), 20_000);
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    proptest! {
        #[test]
        fn whatever_is_looked_for_boxes_are_of_the_page(reference in ".{0,12}", text in "(.{0,8}[ \\-\n]){0,12}") {
            let page = page(&text);
            for found in find(&reference, &page) {
                prop_assert!(!found.boxes.is_empty());
                for place in found.boxes {
                    let inside = |word: &&TextBox| union(word.bounds, place.bounds) == place.bounds;
                    prop_assert!(page.iter().filter(inside).any(|word| word.line == place.line));
                }
            }
        }

        #[test]
        fn words_that_stand_together_are_found_there(
            words in prop::collection::vec("[a-zäß0-9]{1,6}", 1..20),
            breaks in prop::collection::vec(any::<bool>(), 20),
            from in 0_usize..20,
            count in 1_usize..5,
        ) {
            let from = from % words.len();
            let wanted = &words[from..words.len().min(from + count)];
            let text: String =
                words.iter().zip(breaks).flat_map(|(word, ends)| [word.as_str(), if ends { "\n" } else { " " }]).collect();
            let found = find(&wanted.join(" ").to_uppercase(), &page(&text));
            prop_assert!(found.iter().any(|found| found.text.contains(&wanted.join(" "))), "{found:?}");
        }
    }
}
