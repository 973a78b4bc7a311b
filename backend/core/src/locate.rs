//! Finds a text among the words of a page.
//!
//! The comparison is lenient, because words come from recognition. It ignores case, compatibility forms of letters (NFKC),
//! punctuation at the edges of words, the kind of white space, and hyphenation at the end of a line.

use std::ops::Range;

use inkstream_content::{BoundingBox, LayoutBlock, LayoutLine, LayoutWord, Occurrence};
use unicode_normalization::UnicodeNormalization;

/// An occurrence of the reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// The words of the page. A word that is hyphenated at the end of a line is joined.
    pub text: String,
    /// Its part on each line; at least one.
    pub parts: Vec<Occurrence>,
}

/// Finds the occurrences of `reference` in reading order, among the words of the layout. If the reference is part of a word, the whole
/// word matches. Line feeds in it are line ends. A reference without letters, digits and symbols has no occurrence.
pub fn find(reference: &str, layout: &[LayoutBlock]) -> Vec<Match> {
    let words = words(layout);
    let mut found: Vec<(Range<usize>, Hyphens)> = Vec::new();
    for hyphens in [Hyphens::Dropped, Hyphens::Kept] {
        let page = FoldedText::fold(words.iter().map(|word| (word.word.text.as_str(), Some(word.at))), hyphens);
        let lines = (0..).zip(reference.lines());
        let reference_text = FoldedText::fold(
            lines.flat_map(|(line, text)| text.split_whitespace().map(move |w| (w, Some(line)))),
            hyphens,
        );
        found.extend(page.find(&reference_text.text).into_iter().map(|range| (range, hyphens)));
    }
    found.sort_by_key(|(range, _)| (range.start, range.end));
    found.dedup_by(|(a, _), (b, _)| a == b);
    found.into_iter().map(|(range, hyphens)| matched(&words[range], hyphens)).collect()
}

/// How a hyphen at the end of a line is compared: it is dropped in "infor-/mation" and kept in "well-/known".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hyphens {
    Dropped,
    Kept,
}

impl Hyphens {
    /// The text between the halves of a hyphenated word.
    fn gap(self) -> &'static str {
        if self == Self::Kept { "-" } else { "" }
    }
}

/// The text of several words in the form in which it is compared.
#[derive(Default)]
struct FoldedText {
    text: String,
    /// The byte offset and the index of each word in `text`.
    words: Vec<(usize, usize)>,
}

impl FoldedText {
    fn fold<'a>(words: impl Iterator<Item = (&'a str, Option<u32>)>, hyphens: Hyphens) -> Self {
        let mut folded_text = Self::default();
        let mut before: Option<(&str, Option<u32>)> = None;
        for (number, (word, line)) in words.enumerate() {
            let folded = fold(word);
            if folded.is_empty() {
                continue;
            }
            let hyphenated = before.is_some_and(|(text, its_line)| its_line != line && is_hyphenated(text));
            folded_text.text.push_str(match (folded_text.text.chars().next_back(), folded.chars().next()) {
                _ if hyphenated => hyphens.gap(),
                // Ignore the space between a Chinese word and a number, like those between Chinese words.
                (Some(before), Some(after)) if !is_spaceless(before) && !is_spaceless(after) => " ",
                _ => "",
            });
            folded_text.words.push((folded_text.text.len(), number));
            folded_text.text.push_str(&folded);
            before = Some((word, line));
        }
        folded_text
    }

    /// The word ranges of each occurrence of `reference`.
    fn find(&self, reference: &str) -> Vec<Range<usize>> {
        if reference.is_empty() {
            return Vec::new();
        }
        let at = |byte: usize| self.words[self.words.partition_point(|(start, _)| *start <= byte) - 1].1;
        self.text.match_indices(reference).map(|(from, _)| at(from)..at(from + reference.len() - 1) + 1).collect()
    }
}

fn is_hyphenated(word: &str) -> bool {
    word.strip_suffix(is_hyphen).is_some_and(|stem| stem.ends_with(char::is_alphanumeric))
}

fn is_hyphen(character: char) -> bool {
    matches!(character, '-' | '\u{ad}' | '\u{2010}' | '\u{2011}')
}

/// The form in which words are compared: composed, without case, without invisible characters and punctuation at the edges. The
/// text is changed to upper case first, so that `ß` equals `ss` and the lower-case sigmas are equal.
fn fold(word: &str) -> String {
    let caseless = word.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let folded: String = caseless.nfkc().filter(|character| !is_invisible(*character)).map(typewritten).collect();
    let words = folded.split_whitespace().map(|word| word.trim_matches(is_punctuation));
    without_inner_edges(&words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

/// Removes punctuation beside a character of a script without spaces, because a word may end there.
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
    kept
}

/// Replaces typographic dashes and apostrophes by those of a keyboard.
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

/// Whether the character is punctuation at the edge of a word. Symbols (`$`, `%`, `&`, `§`, `+` …) are not, because they have a
/// meaning.
fn is_punctuation(character: char) -> bool {
    matches!(
        character,
        '!' | '"' | '\'' | '(' | ')' | '*' | ',' | '-' | '.' | '/' | ':' | ';' | '?' | '[' | '\\' | ']' | '_' | '`'
            | '{' | '|' | '}' | '¡' | '«' | '·' | '»' | '¿' | '\u{2010}'..='\u{2027}' | '‹' | '›'
            | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '・'
    )
}

/// Whether the script has no spaces between words: Chinese, Japanese, Thai, Lao, Tibetan, Burmese and Khmer.
fn is_spaceless(character: char) -> bool {
    matches!(
        character,
        '\u{0e00}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{312f}'
            | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
    )
}

/// A word of the page, and the text between it and the next word of its line.
struct PageWord<'a> {
    word: &'a LayoutWord,
    gap: &'a str,
    block: &'a LayoutBlock,
    line: &'a LayoutLine,
    /// The line's index on the page.
    at: u32,
}

/// The words of a page in reading order, with the spaces between them from their lines' text.
fn words(layout: &[LayoutBlock]) -> Vec<PageWord<'_>> {
    let lines = layout.iter().flat_map(|block| block.lines.iter().map(move |line| (block, line)));
    (0..).zip(lines).flat_map(|(at, (block, line))| words_of(at, block, line)).collect()
}

fn words_of<'a>(at: u32, block: &'a LayoutBlock, line: &'a LayoutLine) -> Vec<PageWord<'a>> {
    let mut words: Vec<PageWord<'a>> = Vec::with_capacity(line.words.len());
    let mut end = 0;
    for word in &line.words {
        if let Some(gap) = line.text[end..].find(&word.text) {
            if let Some(before) = words.last_mut() {
                before.gap = &line.text[end..end + gap];
            }
            end += gap + word.text.len();
        }
        words.push(PageWord { word, gap: " ", block, line, at });
    }
    words
}

/// The match of these words.
fn matched(words: &[PageWord<'_>], hyphens: Hyphens) -> Match {
    let lines = words.chunk_by(|a, b| a.at == b.at);
    let parts = lines.map(|part| Occurrence {
        text: joined(part, hyphens),
        bounds: part.iter().map(|word| word.word.bounds).reduce(BoundingBox::union).unwrap_or(part[0].word.bounds),
        confidence: part.iter().filter_map(|word| word.word.confidence).reduce(f32::min),
        region: part[0].block.number,
        paragraph: part[0].line.paragraph,
        line: part[0].line.number,
    });
    Match { text: joined(words, hyphens), parts: parts.collect() }
}

fn joined(words: &[PageWord<'_>], hyphens: Hyphens) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        let word_text = word.word.text.as_str();
        let Some(next) = words.get(index + 1) else {
            text.push_str(word_text);
            break;
        };
        if next.at == word.at {
            text.push_str(word_text);
            text.push_str(word.gap);
        } else if is_hyphenated(word_text) {
            text.push_str(word_text.trim_end_matches(is_hyphen));
            text.push_str(hyphens.gap());
        } else {
            text.push_str(word_text);
            let spaceless = |character: Option<char>| character.is_some_and(is_spaceless);
            let run_on = spaceless(word_text.chars().next_back()) && spaceless(next.word.text.chars().next());
            text.push_str(if run_on { "" } else { " " });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use inkstream_content::RegionKind;

    use super::*;

    /// These lines: words are 10 pixels wide, lines 20 pixels apart. Spaces are written between words, unless `|` separates them.
    fn page(text: &str) -> Vec<LayoutBlock> {
        let line = |(number, line): (u32, &str)| {
            let bounds = |column| BoundingBox { x: 10 * column, y: 20 * number, width: 9, height: 18 };
            let word = |(column, word): (u32, &str)| LayoutWord {
                text: word.trim().to_owned(),
                bounds: bounds(column),
                confidence: Some(90.0 - column as f32),
            };
            let is_separated = line.contains('|');
            let words = line.split(|c: char| if is_separated { c == '|' } else { c.is_whitespace() });
            LayoutLine {
                text: line.replace('|', ""),
                bounds: bounds(0),
                confidence: None,
                paragraph: Some(0),
                number: Some(number),
                words: (0..).zip(words.filter(|word| !word.is_empty())).map(word).collect(),
            }
        };
        let lines = (0..).zip(text.lines()).map(line).collect();
        vec![LayoutBlock { number: Some(0), kind: RegionKind::Block, bounds: None, lines, table: None }]
    }

    fn texts(reference: &str, text: &str) -> Vec<String> {
        find(reference, &page(text)).into_iter().map(|found| found.text).collect()
    }

    #[test]
    fn a_match_has_a_part_on_each_line_that_it_touches() {
        let found = find("price of sea salt", &page("The price of\nsea salt rose"));
        let [only] = &found[..] else { panic!("{found:?}") };
        assert_eq!(only.text, "price of sea salt");
        let parts: Vec<_> = only.parts.iter().map(|part| (part.text.as_str(), part.line, part.bounds)).collect();
        let bounds = |x, y, width| BoundingBox { x, y, width, height: 18 };
        assert_eq!(parts, [("price of", Some(0), bounds(10, 0, 19)), ("sea salt", Some(1), bounds(0, 20, 19))]);
        assert!(only.parts.iter().all(|part| (part.region, part.paragraph) == (Some(0), Some(0))));
        assert_eq!(only.parts[0].confidence, Some(88.0), "as sure as of its least sure word");
    }

    #[test]
    fn a_word_hyphenated_at_the_end_of_a_line_matches() {
        assert_eq!(texts("information", "more infor-\nmation here"), ["information"]);
        assert_eq!(texts("well-known", "a well-\nknown fact"), ["well-known"]);
        assert_eq!(texts("infor-\nmation", "more information"), ["information"]);
        assert_eq!(find("information", &page("infor-\nmation"))[0].parts.len(), 2);
        assert!(texts("information", "infor- mation").is_empty(), "no line ends there");
    }

    #[test]
    fn case_letter_forms_white_space_and_edges_are_ignored() {
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
    fn a_part_of_a_word_matches_the_whole_word_once() {
        assert_eq!(texts("an", "one banana"), ["banana"]);
        assert_eq!(texts("47", "No. 4711/47 of 1947"), ["4711/47", "1947"]);
    }

    #[test]
    fn chinese_matches_without_spaces_and_keeps_existing_ones() {
        assert_eq!(texts("你好世界", "你|好|世界"), ["你好世界"]);
        assert_eq!(texts("价格为28元", "价格|为|28|元|，|儿童"), ["价格为28元"]);
        assert_eq!(texts("28元，儿童半价。", "价格|为|28|元|，|儿童|半价|。"), ["28元，儿童半价"]);
        assert_eq!(texts("28元儿童", "价格|为28元，儿童|半价。"), ["为28元，儿童"]);
        assert_eq!(texts("在 Harbour Office 购票", "请|在 |Harbour |Office |购票"), ["在 Harbour Office 购票"]);
        assert_eq!(texts("在Harbour", "请|在 |Harbour |Office |购票"), ["在 Harbour"]);
        assert_eq!(texts("岛的船票", "对面|的|岛\n的|船票"), ["岛的船票"], "over a line's end");
        assert_eq!(texts("東の桟橋を", "朝|七|時|に|東|の|桟橋|を|出ます"), ["東の桟橋を"]);
    }

    #[test]
    fn thai_matches_without_spaces_and_korean_does_not() {
        assert_eq!(texts("ราคา 28 บาท", "ตั๋ว|ราคา |28 |บาท |เด็ก"), ["ราคา 28 บาท"]);
        assert_eq!(texts("ตั๋วราคา", "ตั๋ว|ราคา |28 |บาท"), ["ตั๋วราคา"]);
        assert_eq!(texts("에서 28원에", "표는 |사무실에서 |28원에 |팝니다"), ["사무실에서 28원에"]);
        assert!(texts("에서28원에", "표는 |사무실에서 |28원에 |팝니다").is_empty());
    }

    #[test]
    fn right_to_left_text_is_found_in_reading_order() {
        assert_eq!(texts("رقم التذكرة 4711", "رقم |التذكرة |4711 |والسعر"), ["رقم التذكرة 4711"]);
        assert_eq!(
            texts("كلمة Harbour على", "كلمة |\u{200e}Harbour\u{200f} |على"),
            ["كلمة \u{200e}Harbour\u{200f} على"]
        );
    }

    #[test]
    fn empty_references_and_empty_pages_have_no_match() {
        for reference in ["", " \n", "--", "…", "\u{200b}"] {
            assert!(texts(reference, "one -- two …").is_empty(), "{reference:?}");
        }
        assert!(texts("three", "one two").is_empty());
        assert!(find("one", &[]).is_empty());
        let mut lines = page("one");
        lines[0].lines[0].words.clear();
        assert!(find("one", &lines).is_empty(), "words alone are searched");
    }

    #[test]
    fn a_large_page_of_near_matches_is_searched_quickly() {
        let text = "a ".repeat(20_000);
        let reference = "a ".repeat(9_999) + "b";
        let begun = std::time::Instant::now();
        assert!(texts(&reference, &text).is_empty());
        assert_eq!(texts("a", &text).len(), 20_000);
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    proptest! {
        #[test]
        fn parts_of_any_match_are_within_the_page(reference in ".{0,12}", text in "(.{0,8}[ \\-\n]){0,12}") {
            let page = page(&text);
            for found in find(&reference, &page) {
                prop_assert!(!found.parts.is_empty());
                for part in found.parts {
                    let inside = |word: &LayoutWord| word.bounds.union(part.bounds) == part.bounds;
                    let line = page[0].lines.iter().find(|line| line.number == part.line);
                    prop_assert!(line.is_some_and(|line| line.words.iter().any(inside)));
                }
            }
        }

        #[test]
        fn adjacent_words_are_found(
            words in prop::collection::vec("[a-zäß0-9]{1,6}", 1..20),
            breaks in prop::collection::vec(any::<bool>(), 20),
            from in 0_usize..20,
            count in 1_usize..5,
        ) {
            let from = from % words.len();
            let reference_text = &words[from..words.len().min(from + count)];
            let text: String =
                words.iter().zip(breaks).flat_map(|(word, ends)| [word.as_str(), if ends { "\n" } else { " " }]).collect();
            let found = find(&reference_text.join(" ").to_uppercase(), &page(&text));
            prop_assert!(found.iter().any(|found| found.text.contains(&reference_text.join(" "))), "{found:?}");
        }
    }
}
