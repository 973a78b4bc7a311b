//! Decides whether the text layer of a PDF page is sound, so that it can be used instead of an engine, and converts it.

mod placement;

use inkstream_content::{LayoutBlock, LayoutLine, LayoutWord, RegionKind, fill_table};
use inkstream_wire::PixelBox;
use unicode_normalization::UnicodeNormalization;

use crate::ports::{EmbeddedLine, EmbeddedText, EmbeddedWord};

/// The minimum number of characters without spaces. A page whose letters are drawn as outlines often has only its page number as text.
const MIN_CHARACTERS: usize = 10;
/// The maximum share of characters that are not identified: replaced, private, or unknown to the file. A bullet in a symbol font is one.
const MAX_BROKEN: f32 = 0.02;
/// The maximum share of characters that are hidden. They are left out. The OCR text of a scan is entirely hidden, and no better than an
/// engine's; a born-digital page may have a short hidden note.
const MAX_HIDDEN: f32 = 0.05;
/// The minimum share of characters that are letters or digits, without dotted lines.
const MIN_LETTERS: f32 = 0.3;
/// The minimum share of vowels among Latin letters. Languages have 30 to 50 %. The text of a font whose codes are shifted by a few
/// positions has fewer.
const MIN_VOWELS: f32 = 0.2;
/// The minimum number of Latin letters for which vowels are counted. Lists of part numbers have no vowels.
const VOWELS_FROM: usize = 200;
/// The mean length of words in letters. Words are longer if spaces are missing, and shorter if there are spaces within words.
const WORD_LETTERS: std::ops::RangeInclusive<f32> = 2.0..=20.0;
/// The minimum number of words for which their mean length is checked.
const WORDS_FROM: usize = 20;
/// The share of a page above which images make it a possible scan, whose text may be only a stamp or a number.
const MUCH_IMAGE: f32 = 0.3;
/// The minimum number of characters on a page with large images. A printed page has about 2,000.
const CHARACTERS_BESIDE_IMAGES: usize = 400;
/// The minimum share of a page with large images that lines of text cover. On a printed page they cover about 20 %.
const COVER_BESIDE_IMAGES: f32 = 0.05;

/// Whether a page's text layer may be used instead of an engine: it is born digital and not the OCR text of a scan, its characters are
/// identified, and the page shows them. In doubt the page is sent to the engine, because wrong text is worse than the engine's work.
pub fn sound(text: &EmbeddedText) -> bool {
    let census = Census::take(text);
    let of_all = |count: usize| count as f32 / census.characters.max(1) as f32;
    // Characters that the file does not map may also be counted as broken.
    let broken = census.broken.max(text.unmapped as usize);
    census.characters >= MIN_CHARACTERS
        && of_all(broken) <= MAX_BROKEN
        && text.hidden as f32 <= MAX_HIDDEN * (census.characters + text.hidden as usize) as f32
        && text.doubtful == 0
        && text.foreign == 0
        && text.contradicted == 0
        && !placement::is_overprinted(text)
        && !placement::is_set_sign_by_sign(text)
        && of_all(census.letters) >= MIN_LETTERS
        && census.has_vowels()
        && census.has_plausible_words()
        && (text.image_cover < MUCH_IMAGE
            || census.characters >= CHARACTERS_BESIDE_IMAGES && line_cover(text) >= COVER_BESIDE_IMAGES)
}

/// The text and the bounds of each line. The text ends with a line feed, and begins with another one if it begins a further paragraph.
/// The concatenated lines are the text of the page.
pub fn lines(text: &EmbeddedText) -> impl Iterator<Item = (String, PixelBox)> {
    text.lines.iter().enumerate().map(|(number, line)| {
        let before = if line.paragraph && number > 0 { "\n" } else { "" };
        (format!("{before}{}\n", joined(line)), bounds(line))
    })
}

/// The blocks with their lines and words, numbered within the page. Each paragraph is a block, because the file contains no other
/// structure, and so is each table that is found.
pub fn layout(text: &EmbeddedText) -> Vec<LayoutBlock> {
    let mut blocks: Vec<LayoutBlock> = Vec::new();
    let mut paragraph = 0;
    let mut before = None;
    for (number, line) in text.lines.iter().enumerate() {
        paragraph += u32::from(line.paragraph && number > 0);
        let table = text.tables.iter().position(|table| table.lines.contains(&number));
        // A table is one block, whatever paragraphs its lines would be.
        let key = table.map_or((Some(paragraph), None), |table| (None, Some(table)));
        if before.replace(key) != Some(key) {
            let number = Some(blocks.len() as u32);
            blocks.push(LayoutBlock { number, kind: RegionKind::Block, bounds: None, lines: Vec::new(), table: None });
        }
        let line = LayoutLine {
            text: joined(line),
            bounds: bounds(line),
            confidence: None,
            paragraph: Some(paragraph),
            number: Some(number as u32),
            words: line.words.iter().map(word).collect(),
        };
        if let Some(block) = blocks.last_mut() {
            block.bounds = block.bounds.map_or(Some(line.bounds), |bounds| Some(bounds.union(line.bounds)));
            block.lines.push(line);
        }
    }
    for table in &text.tables {
        let block = blocks
            .iter_mut()
            .find(|block| block.lines.iter().any(|line| line.number == Some(table.lines.start as u32)));
        if let Some(block) = block {
            block.table = fill_table(&table.cells, &block.lines);
        }
    }
    blocks
}

fn word(word: &EmbeddedWord) -> LayoutWord {
    LayoutWord { text: word.text.clone(), bounds: word.bounds, confidence: None }
}

fn joined(line: &EmbeddedLine) -> String {
    line.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn bounds(line: &EmbeddedLine) -> PixelBox {
    let nowhere = PixelBox { x: 0, y: 0, width: 0, height: 0 };
    line.words.iter().map(|word| word.bounds).reduce(PixelBox::union).unwrap_or(nowhere)
}

/// The share of the page that lines cover.
fn line_cover(text: &EmbeddedText) -> f32 {
    let area = |width: u32, height: u32| u64::from(width) * u64::from(height);
    let covered: u64 = text.lines.iter().map(bounds).map(|line| area(line.width, line.height)).sum();
    covered as f32 / area(text.width, text.height).max(1) as f32
}

/// Counts of the kinds of characters and words.
#[derive(Default)]
struct Census {
    characters: usize,
    broken: usize,
    letters: usize,
    latin: usize,
    vowels: usize,
    /// The number of words that consist of letters only, in scripts with spaces between words, and the number of their letters.
    words: usize,
    word_letters: usize,
}

impl Census {
    fn take(text: &EmbeddedText) -> Self {
        let mut census = Self::default();
        for word in text.lines.iter().flat_map(|line| &line.words) {
            let mut plain = true;
            let mut letters = 0;
            for character in word.text.chars() {
                census.count(character);
                letters += 1;
                plain &= character.is_alphabetic() && !is_spaceless(character);
            }
            if plain {
                census.words += 1;
                census.word_letters += letters;
            }
        }
        census
    }

    fn count(&mut self, character: char) {
        // The dots of a table of contents are leaders, not text.
        self.characters += usize::from(!matches!(character, '.' | '·' | '…' | '_'));
        self.broken += usize::from(is_broken(character));
        self.letters += usize::from(character.is_alphanumeric());
        // A combining accent follows its letter.
        let base = character.nfd().next().unwrap_or(character).to_ascii_lowercase();
        self.latin += usize::from(base.is_ascii_lowercase());
        self.vowels += usize::from(matches!(base, 'a' | 'e' | 'i' | 'o' | 'u' | 'y'));
    }

    fn has_vowels(&self) -> bool {
        self.latin < VOWELS_FROM || self.vowels as f32 / self.latin as f32 >= MIN_VOWELS
    }

    fn has_plausible_words(&self) -> bool {
        self.words < WORDS_FROM || WORD_LETTERS.contains(&(self.word_letters as f32 / self.words as f32))
    }
}

/// Whether a character identifies nothing: controls, U+FFFD, the private use areas, noncharacters.
fn is_broken(character: char) -> bool {
    let private =
        matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}');
    let noncharacter = matches!(character, '\u{fdd0}'..='\u{fdef}') || u32::from(character) & 0xfffe == 0xfffe;
    private || noncharacter || character.is_control() || character == char::REPLACEMENT_CHARACTER
}

/// Scripts without spaces between words: Thai and Lao, Burmese, Khmer, and from the radicals on those of East Asia.
fn is_spaceless(character: char) -> bool {
    matches!(character, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use inkstream_wire::BoxKind::{Block, Line, Word};

    use super::*;

    const PROSE: &str = "Salt was the first trade of the coast and pans were dug behind the dunes.";

    /// A page of these lines, each 20 pixels high; an empty one ends a paragraph.
    fn page<'a>(lines: impl IntoIterator<Item = &'a str>) -> EmbeddedText {
        let mut paragraph = true;
        let mut found = Vec::new();
        for (row, line) in (0..).zip(lines) {
            let mut x = 100;
            let words: Vec<_> = line
                .split_whitespace()
                .map(|word| {
                    let width = 10 * word.chars().count() as u32;
                    x += width + 10;
                    let bounds = PixelBox { x: x - width - 10, y: 30 * row, width, height: 20 };
                    EmbeddedWord { text: word.to_owned(), bounds }
                })
                .collect();
            let ends = words.is_empty();
            if !ends {
                found.push(EmbeddedLine { paragraph, words });
            }
            paragraph = ends;
        }
        EmbeddedText {
            width: 1000,
            height: 1400,
            dpi: 120.0,
            lines: found,
            tables: Vec::new(),
            unmapped: 0,
            hidden: 0,
            doubtful: 0,
            foreign: 0,
            contradicted: 0,
            image_cover: 0.0,
        }
    }

    #[test]
    fn a_page_with_one_word_printed_over_another_is_not_sound() {
        let mut whited_out = page([PROSE; 5]);
        let mut over = whited_out.lines[2].words[3].clone();
        over.text = "95".to_owned();
        over.bounds.x += 2;
        whited_out.lines[2].words.insert(4, over.clone());
        assert!(!sound(&whited_out));
        // The box of a slanted watermark covers the whole page, and overlaps the words that the watermark crosses.
        let mut watermark = page([PROSE; 5]);
        over.bounds = PixelBox { x: 100, y: 0, width: 600, height: 150 };
        watermark.lines[4].words.push(over);
        assert!(sound(&watermark));
    }

    #[test]
    fn chinese_in_single_characters_is_not_sound() {
        assert!(!sound(&page(["船 中 渡", "票 午 轮", "在 之 早", "磨 前 上", "坊 到 七", "街 达 点"])));
        assert!(sound(&page(["船票在磨坊街出售", "中午之前到达对面的小岛", "共 三 页"])));
    }

    #[test]
    fn prose_tables_and_contents_are_sound_in_any_language() {
        for line in [
            PROSE,
            "1 2.50 3 17 204 9.99 11 12 80 4 5 6 7 8 9",
            "Chapter 4 ............................... 17",
            "Соль была первым товаром побережья",
            "盐是海岸的第一种贸易品人们在沙丘后面挖掘盐田",
            "เกลือเป็นสินค้าแรกของชายฝั่งทะเลและชาวบ้านขุดนาเกลือ",
            "Příliš žluťoučký kůň úpěl ďábelské ódy",
        ] {
            assert!(sound(&page([line])), "{line}");
            assert!(sound(&page([line; 30])), "thirty times {line}");
        }
    }

    #[test]
    fn what_a_font_without_a_character_table_leaves_is_not_sound() {
        let broken = |character: char| PROSE.replace('t', &character.to_string());
        for character in ['\u{fffd}', '\u{e001}', '\u{1}', '\u{f0041}', '\u{ffff}'] {
            assert!(!sound(&page([broken(character).as_str()])), "{character:?}");
        }
        let shifted: String =
            PROSE.chars().map(|letter| if letter == ' ' { ' ' } else { (letter as u8 + 3) as char }).collect();
        assert!(!sound(&page([shifted.as_str(); 10])), "{shifted}");
        assert!(!sound(&page(["#$%& !()* ++,-- ../ %%&& ''"])));
        assert!(!sound(&EmbeddedText { unmapped: 4, ..page([PROSE]) }));
    }

    #[test]
    fn one_bullet_in_a_symbol_font_spoils_no_page() {
        let line = format!("\u{f0b7} {PROSE}");
        assert!(sound(&EmbeddedText { unmapped: 1, ..page([line.as_str()]) }));
    }

    #[test]
    fn words_without_spaces_or_with_spaces_inside_are_not_sound() {
        let spaced: String = PROSE.chars().filter(|letter| *letter != ' ').flat_map(|letter| [letter, ' ']).collect();
        assert!(!sound(&page([spaced.as_str()])));
        let run: String = PROSE.chars().filter(char::is_ascii_lowercase).collect();
        assert!(!sound(&page([run.as_str(); 20])));
    }

    #[test]
    fn a_scan_with_a_stamp_on_it_is_not_sound_and_a_full_page_on_an_image_is() {
        let scan = |lines: usize| EmbeddedText { image_cover: 1.0, ..page(vec![PROSE; lines]) };
        assert!(!sound(&scan(1)));
        assert!(sound(&scan(20)));
        assert!(sound(&EmbeddedText { image_cover: 0.2, ..page([PROSE]) }), "a logo is no scan");
        let mut corner = scan(20);
        for word in corner.lines.iter_mut().flat_map(|line| &mut line.words) {
            word.bounds = PixelBox { x: word.bounds.x / 10, y: word.bounds.y / 10, width: 6, height: 3 };
        }
        assert!(!sound(&corner), "much text in a corner says nothing of the rest");
    }

    #[test]
    fn what_a_scanners_software_has_read_is_not_sound_and_a_hidden_note_spoils_no_page() {
        let characters = PROSE.len() as u32 * 20;
        let page = |hidden| EmbeddedText { hidden, ..page([PROSE; 20]) };
        assert!(!sound(&page(characters)));
        assert!(!sound(&page(characters / 4)), "a page that is half scan");
        assert!(sound(&page(characters / 50)));
    }

    #[test]
    fn a_page_that_shows_other_letters_or_a_word_in_part_is_not_sound() {
        assert!(!sound(&EmbeddedText { foreign: 4, ..page([PROSE; 20]) }));
        assert!(!sound(&EmbeddedText { doubtful: 1, ..page([PROSE; 20]) }));
        assert!(!sound(&EmbeddedText { contradicted: 1, ..page([PROSE; 20]) }));
    }

    #[test]
    fn a_page_of_hardly_any_text_is_left_to_an_engine() {
        assert!(!sound(&page([])));
        assert!(!sound(&page(["17"])));
    }

    #[test]
    fn lines_add_up_to_the_text_with_its_paragraphs() {
        let page = page(["One two", "three", "", "Four"]);
        let found: Vec<_> = lines(&page).collect();
        assert_eq!(found.iter().map(|(text, _)| text.as_str()).collect::<String>(), "One two\nthree\n\nFour\n");
        assert_eq!(found[0].1, PixelBox { x: 100, y: 0, width: 70, height: 20 });
    }

    #[test]
    fn the_pages_boxes_form_a_tree_counted_over_the_page() {
        let page = page(["One two", "three", "", "Four"]);
        let text: String = lines(&page).map(|(line, _)| line).collect();
        let boxes = inkstream_content::from_layout(&text, &layout(&page), None).boxes(&text);
        let tree: Vec<_> = boxes
            .iter()
            .map(|found| (found.kind, found.text.as_str(), found.block, found.paragraph, found.line))
            .collect();
        let (first, second) = (Some(0), Some(1));
        assert_eq!(
            tree,
            [
                (Block, "", first, None, None),
                (Line, "One two", first, first, Some(0)),
                (Word, "One", first, first, Some(0)),
                (Word, "two", first, first, Some(0)),
                (Line, "three", first, first, Some(1)),
                (Word, "three", first, first, Some(1)),
                (Block, "", second, None, None),
                (Line, "Four", second, second, Some(2)),
                (Word, "Four", second, second, Some(2)),
            ]
        );
        assert_eq!(boxes[0].bounds, PixelBox { x: 100, y: 0, width: 70, height: 50 });
    }
}
