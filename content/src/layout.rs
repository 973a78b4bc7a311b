//! Content from text with located lines and words: Tesseract's, that of PDF text layers, and that of DeepSeek-OCR's layout task.

use serde::{Deserialize, Serialize};

use crate::{
    Block, BlockKind, BoundingBox, Line, PageContent, Region, RegionKind, RichText, Table, TextRange, Word, headings,
};

/// The maximum number of lines and figures that are skipped to find the line of a text. Some lines of an engine have no text.
const LOOK_AHEAD: usize = 50;

/// A block of a page's layout, as an engine has it: paragraphs of lines, or a figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayoutBlock {
    /// The engine's number, if it has blocks.
    pub number: Option<u32>,
    /// What it is.
    pub kind: RegionKind,
    /// Its bounds, if known.
    pub bounds: Option<BoundingBox>,
    /// Its lines, all with text.
    pub lines: Vec<LayoutLine>,
    /// The table that its lines are, with all their words in its cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
}

/// A line of a block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayoutLine {
    /// Its text.
    pub text: String,
    /// Its bounds.
    pub bounds: BoundingBox,
    /// The engine's confidence, 0 to 100.
    pub confidence: Option<f32>,
    /// The engine's number of its paragraph, if it has paragraphs.
    pub paragraph: Option<u32>,
    /// The engine's number of this line on the page. A line of several rectangles is several lines with one number.
    pub number: Option<u32>,
    /// Its words, if known, in the order of its text.
    pub words: Vec<LayoutWord>,
}

/// A word of a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayoutWord {
    /// Its text.
    pub text: String,
    /// Its bounds.
    pub bounds: BoundingBox,
    /// The engine's confidence, 0 to 100.
    pub confidence: Option<f32>,
}

/// The content of `text`, whose paragraphs are separated by empty lines, with the places of its lines in `layout`. The layout is in the
/// text's order. Lines of the one that are not in the other are accepted. The content contains all of the text. Paragraphs that are set
/// larger than the others are headings.
pub fn from_layout(text: &str, layout: &[LayoutBlock]) -> PageContent {
    let mut builder = ContentBuilder::new(layout);
    let mut at = 0;
    for line in text.split('\n') {
        builder.line(line, at);
        at += line.chars().count() as u32 + 1;
    }
    PageContent { regions: layout.iter().filter_map(region).collect(), ..builder.finish() }
}

/// The region of a block that has one. A block without lines is no text: Tesseract takes rules for such.
fn region(block: &LayoutBlock) -> Option<Region> {
    let exists = block.kind == RegionKind::Figure || !block.lines.is_empty();
    let (number, bounds) = (block.number?, block.bounds?);
    exists.then_some(Region { number, kind: block.kind, bounds, source: None })
}

struct ContentBuilder<'a> {
    /// Lines and figures, in order.
    parts: Vec<Part<'a>>,
    next: usize,
    blocks: Vec<Block>,
    paragraph: Option<OpenParagraph<'a>>,
    /// The last table: its position in `blocks`, and its block of the layout.
    table: Option<(usize, &'a LayoutBlock)>,
}

/// A line with its block, or a figure without a line.
#[derive(Clone, Copy)]
struct Part<'a> {
    block: &'a LayoutBlock,
    /// Whether the block is text of one paragraph.
    is_paragraph: bool,
    line: Option<&'a LayoutLine>,
}

impl Part<'_> {
    fn is_line(self, text: &str) -> bool {
        // Tesseract has the spaces of a line in two ways: what counts are its words.
        self.line.is_some_and(|line| line.text.split_whitespace().eq(text.split_whitespace()))
    }

    fn is_in_paragraph_of(self, other: Part<'_>) -> bool {
        let paragraph = |part: Part<'_>| part.line.and_then(|line| line.paragraph);
        std::ptr::eq(self.block, other.block) && paragraph(self) == paragraph(other)
    }
}

struct OpenParagraph<'a> {
    text: RichText,
    characters: u32,
    source: TextRange,
    /// The last line that was found in the layout.
    last: Option<Part<'a>>,
}

impl<'a> ContentBuilder<'a> {
    fn new(layout: &'a [LayoutBlock]) -> Self {
        let parts = layout.iter().flat_map(|block| {
            let is_paragraph = block.kind == RegionKind::Block
                && block.lines.windows(2).all(|pair| pair[0].paragraph == pair[1].paragraph);
            let part = move |line| Part { block, is_paragraph, line };
            let figure = (block.kind == RegionKind::Figure).then(|| part(None));
            figure.into_iter().chain(block.lines.iter().map(move |line| part(Some(line))))
        });
        Self { parts: parts.collect(), next: 0, blocks: Vec::new(), paragraph: None, table: None }
    }

    fn line(&mut self, line: &str, at: u32) {
        if line.trim().is_empty() {
            self.end_paragraph();
            return;
        }
        let found = self.find(line);
        // Space at a line's start belongs to it only if the engine has it in the line, too.
        let is_indented =
            found.iter().filter_map(|part| part.line).any(|line| line.text.starts_with(char::is_whitespace));
        let text = if is_indented { line.trim_end() } else { line.trim() };
        let before = line.chars().take_while(|letter| !is_indented && letter.is_whitespace()).count() as u32;
        let start = at + before;
        let characters = text.chars().count() as u32;
        let source = TextRange::new(start, start + characters);
        if let Some((block, table)) = found.first().and_then(|part| Some((part.block, part.block.table.as_ref()?))) {
            self.table_line(block, table, source);
            return;
        }
        let continues = |open: &OpenParagraph<'_>| match (found.first(), open.last) {
            (Some(part), Some(last)) => part.is_in_paragraph_of(last),
            _ => true,
        };
        if !self.paragraph.as_ref().is_some_and(continues) {
            self.end_paragraph();
        }
        let open = self.paragraph.get_or_insert_with(|| OpenParagraph {
            text: RichText::default(),
            characters: 0,
            source,
            last: None,
        });
        open.last = found.last().copied().or(open.last);
        if !open.text.text.is_empty() {
            open.text.text.push('\n');
            open.characters += 1;
        }
        let range = TextRange::new(open.characters, open.characters + characters);
        open.text.text.push_str(text);
        open.characters += characters;
        open.source.end = source.end;
        let located = found.iter().filter_map(|part| part.line).map(|line| Line {
            range,
            number: line.number,
            bounds: Some(line.bounds),
            confidence: line.confidence,
            words: located(text, range.start, &line.words),
        });
        let before = open.text.lines.len();
        open.text.lines.extend(located);
        if open.text.lines.len() == before {
            open.text.lines.push(Line { range, number: None, bounds: None, confidence: None, words: Vec::new() });
        }
    }

    /// Adds the table with its first line. Its other lines extend the range of text that it has.
    fn table_line(&mut self, block: &'a LayoutBlock, table: &'a Table, source: TextRange) {
        self.end_paragraph();
        if let Some((at, _)) = self.table.filter(|(_, open)| std::ptr::eq(*open, block)) {
            self.blocks[at].source = self.blocks[at].source.map(|range| TextRange::new(range.start, source.end));
            return;
        }
        self.table = Some((self.blocks.len(), block));
        self.blocks.push(Block {
            bounds: block.bounds,
            source: Some(source),
            region: block.number,
            paragraph: block.lines.first().and_then(|line| line.paragraph),
            ..Block::of(BlockKind::Table(table.clone()))
        });
    }

    /// The next line with this text, once for each of its rectangles. Figures before it are added before the paragraph that it begins.
    fn find(&mut self, text: &str) -> Vec<Part<'a>> {
        let ahead = self.parts[self.next..].iter().take(LOOK_AHEAD).position(|part| part.is_line(text));
        let Some(passed) = ahead else { return Vec::new() };
        let at = self.next + passed;
        let number = |part: &Part<'_>| part.line.and_then(|line| line.number);
        let first = self.parts[at];
        let same = |part: &&Part<'_>| number(part).is_some() && number(part) == number(&first) && part.is_line(text);
        let found: Vec<_> =
            std::iter::once(first).chain(self.parts[at + 1..].iter().take_while(same).copied()).collect();
        self.figures(self.next..at);
        self.next = at + found.len();
        found
    }

    fn figures(&mut self, parts: std::ops::Range<usize>) {
        for at in parts {
            let Part { block, line: None, .. } = self.parts[at] else { continue };
            self.end_paragraph();
            let kind = BlockKind::Figure { text: RichText::default() };
            self.blocks.push(Block { bounds: block.bounds, region: block.number, ..Block::of(kind) });
        }
    }

    fn end_paragraph(&mut self) {
        let Some(OpenParagraph { text, source, last, .. }) = self.paragraph.take() else { return };
        let block = last.map(|part| part.block);
        let around = text.lines.iter().filter_map(|line| line.bounds).reduce(BoundingBox::union);
        self.blocks.push(Block {
            bounds: last.filter(|part| part.is_paragraph).and_then(|part| part.block.bounds).or(around),
            source: Some(source),
            region: block.and_then(|block| block.number),
            paragraph: last.and_then(|part| part.line).and_then(|line| line.paragraph),
            ..Block::of(BlockKind::Paragraph { text })
        });
    }

    fn finish(mut self) -> PageContent {
        self.end_paragraph();
        self.figures(self.next..self.parts.len());
        headings::find(&mut self.blocks);
        PageContent::of(self.blocks)
    }
}

/// The words that occur in `line` one after the other. `start` is the line's position in its block.
fn located(line: &str, start: u32, words: &[LayoutWord]) -> Vec<Word> {
    let (mut byte, mut character) = (0, start);
    let mut found = Vec::new();
    for word in words {
        // A word of Tesseract's may begin with a space, which its line may not have.
        let rest = &line[byte..];
        let as_it_is = rest.find(&word.text).map(|at| (at, word.text.as_str()));
        let found_at = as_it_is.or_else(|| rest.find(word.text.trim()).map(|at| (at, word.text.trim())));
        let Some((at, text)) = found_at.filter(|(_, text)| !text.trim().is_empty()) else { continue };
        let start = character + line[byte..byte + at].chars().count() as u32;
        let end = start + text.chars().count() as u32;
        found.push(Word { range: TextRange::new(start, end), bounds: Some(word.bounds), confidence: word.confidence });
        byte += at + text.len();
        character = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BoxKind;

    fn bounds(x: u32, y: u32) -> BoundingBox {
        BoundingBox { x, y, width: 10, height: 5 }
    }

    /// A line at `y` whose words are 20 pixels apart.
    fn line(text: &str, y: u32, paragraph: u32, number: u32) -> LayoutLine {
        let word = |(at, text): (u32, &str)| LayoutWord {
            text: text.to_owned(),
            bounds: bounds(at * 20, y),
            confidence: Some(80.0 + at as f32),
        };
        LayoutLine {
            text: text.replace('|', ""),
            bounds: bounds(0, y),
            confidence: Some(90.0),
            paragraph: Some(paragraph),
            number: Some(number),
            words: (0..).zip(text.split([' ', '|'])).map(word).collect(),
        }
    }

    fn block(number: u32, y: u32, lines: Vec<LayoutLine>) -> LayoutBlock {
        LayoutBlock { number: Some(number), kind: RegionKind::Block, bounds: Some(bounds(1, y)), lines, table: None }
    }

    fn figure(number: u32, y: u32) -> LayoutBlock {
        LayoutBlock { kind: RegionKind::Figure, ..block(number, y, Vec::new()) }
    }

    fn lines(content: &PageContent) -> Vec<Vec<&str>> {
        content
            .blocks
            .iter()
            .filter_map(Block::text)
            .map(|text| text.lines.iter().map(|line| line.range.slice(&text.text)).collect())
            .collect()
    }

    #[test]
    fn paragraphs_lines_and_words_have_their_bounds_and_ranges() {
        let text = "Dear Ada,\nthank you\n\n再见朋友\n";
        let layout = [
            block(0, 0, vec![line("Dear Ada,", 0, 0, 0), line("thank you", 10, 0, 1)]),
            LayoutBlock { bounds: None, ..block(1, 0, vec![line("再见|朋友", 30, 1, 2)]) },
        ];
        let content = from_layout(text, &layout);
        assert_eq!(lines(&content), [vec!["Dear Ada,", "thank you"], vec!["再见朋友"]]);
        let first = content.blocks[0].text().unwrap();
        let words: Vec<&str> = first.lines[0].words.iter().map(|word| word.range.slice(&first.text)).collect();
        assert_eq!(words, ["Dear", "Ada,"]);
        assert_eq!(first.lines[0].words[1].bounds, Some(bounds(20, 0)));
        assert_eq!(content.blocks[0].bounds, Some(bounds(1, 0)), "the only paragraph of its block");
        let last = content.blocks[1].text().unwrap();
        assert_eq!(last.lines[0].words[1].range.slice(&last.text), "朋友");
        assert_eq!(content.blocks[1].source.unwrap().slice(text), "再见朋友");
        assert_eq!(content.blocks[1].bounds, Some(bounds(0, 30)), "that of its lines, if its block has none");
    }

    #[test]
    fn the_engines_paragraphs_are_separated_also_without_an_empty_line() {
        let layout = [
            block(0, 0, vec![line("one", 0, 0, 0), line("two", 10, 1, 1)]),
            figure(1, 20),
            block(2, 30, vec![line("three", 30, 3, 3)]),
            figure(3, 40),
        ];
        let content = from_layout("one\ntwo\nthree", &layout);
        assert_eq!(lines(&content), [vec!["one"], vec!["two"], vec![], vec!["three"], vec![]]);
        assert!(matches!(content.blocks[2].kind, BlockKind::Figure { .. }));
    }

    #[test]
    fn text_without_layout_and_after_a_line_that_is_not_in_it_is_complete() {
        let content = from_layout("  one\ntwo \n\nthree", &[block(0, 0, vec![line("zwei", 0, 0, 0)])]);
        assert_eq!(lines(&content), [vec!["one", "two"], vec!["three"]]);
        assert_eq!(content.blocks[0].source, Some(TextRange::new(2, 9)));
        assert_eq!(from_layout("", &[]), PageContent::default());
    }

    #[test]
    fn boxes_are_the_blocks_lines_and_words_of_the_layout_with_its_numbers() {
        let layout = [
            block(0, 0, vec![line("two words", 0, 0, 0), line("and more", 10, 1, 1)]),
            // A rule: a block of a line without text, which is counted.
            block(1, 20, Vec::new()),
            figure(2, 30),
            block(3, 40, vec![line("再见|朋友", 40, 3, 3)]),
            figure(4, 50),
        ];
        let text = "two words\n\nand more\n\n再见朋友\n\n";
        let boxes = from_layout(text, &layout).boxes(text);
        let told: Vec<_> = boxes
            .iter()
            .map(|found| (found.kind, found.text.as_str(), found.block, found.paragraph, found.line))
            .collect();
        let of =
            |kind, text, [block, paragraph, line]: [u32; 3]| (kind, text, Some(block), Some(paragraph), Some(line));
        let region = |kind, block| (kind, "", Some(block), None, None);
        assert_eq!(
            told,
            [
                region(BoxKind::Block, 0),
                of(BoxKind::Line, "two words", [0, 0, 0]),
                of(BoxKind::Word, "two", [0, 0, 0]),
                of(BoxKind::Word, "words", [0, 0, 0]),
                of(BoxKind::Line, "and more", [0, 1, 1]),
                of(BoxKind::Word, "and", [0, 1, 1]),
                of(BoxKind::Word, "more", [0, 1, 1]),
                region(BoxKind::Figure, 2),
                region(BoxKind::Block, 3),
                of(BoxKind::Line, "再见朋友", [3, 3, 3]),
                of(BoxKind::Word, "再见", [3, 3, 3]),
                of(BoxKind::Word, "朋友", [3, 3, 3]),
                region(BoxKind::Figure, 4),
            ]
        );
        assert_eq!((boxes[0].bounds, boxes[3].bounds, boxes[3].confidence), (bounds(1, 0), bounds(20, 0), Some(81.0)));
        assert_eq!((boxes[1].bounds, boxes[1].confidence), (bounds(0, 0), Some(90.0)));
    }

    #[test]
    fn spaces_that_differ_between_text_layout_and_words_lose_no_line_and_no_word() {
        let spaced = LayoutLine {
            words: vec![
                LayoutWord { text: "00°77".to_owned(), bounds: bounds(0, 0), confidence: None },
                LayoutWord { text: " OS'8T".to_owned(), bounds: bounds(20, 0), confidence: None },
            ],
            ..line("00°77 OS'8T", 0, 0, 0)
        };
        let indented = LayoutLine { text: "  in".to_owned(), ..line("in", 10, 0, 1) };
        let layout = [block(0, 0, vec![spaced, indented])];
        let text = "00°77   OS'8T\n  in\n";
        let content = from_layout(text, &layout);
        let found: Vec<_> = content.boxes(text).into_iter().map(|found| (found.text, found.line)).skip(1).collect();
        let line = |text: &str, number| (text.to_owned(), Some(number));
        assert_eq!(
            found,
            [line("00°77   OS'8T", 0), line("00°77", 0), line(" OS'8T", 0), line("  in", 1), line("in", 1)]
        );
        assert_eq!(content.blocks[0].source, Some(TextRange::new(0, 18)));
        assert_eq!(content.markdown().trim(), "00°77   OS'8T\nin");
    }

    #[test]
    fn the_lines_of_a_table_are_one_block_whose_cells_have_their_boxes() {
        let cell = |row: u32, column: u32, word: &LayoutWord| {
            let range = TextRange::new(0, word.text.chars().count() as u32);
            let word_of = Word { range, bounds: Some(word.bounds), confidence: word.confidence };
            let line =
                Line { range, number: Some(row), bounds: Some(word.bounds), confidence: None, words: vec![word_of] };
            let text = RichText { text: word.text.clone(), styles: Vec::new(), lines: vec![line] };
            crate::Cell { row, column, row_span: 1, column_span: 1, header: false, text, bounds: Some(word.bounds) }
        };
        let lines = vec![line("oil 24", 0, 0, 0), line("tar 7", 10, 0, 1)];
        let cells: Vec<_> = (0..)
            .zip(&lines)
            .flat_map(|(row, line)| (0..).zip(&line.words).map(move |(column, word)| cell(row, column, word)))
            .collect();
        let table = Table { rows: 2, columns: 2, cells, ..Table::default() };
        let layout =
            [LayoutBlock { table: Some(table), ..block(0, 0, lines) }, block(1, 30, vec![line("end", 30, 1, 2)])];
        let text = "oil 24\ntar 7\n\nend\n";
        let content = from_layout(text, &layout);
        assert_eq!(content.blocks.len(), 2);
        assert_eq!(content.blocks[0].source.unwrap().slice(text), "oil 24\ntar 7");
        assert_eq!(content.tables()[0].cells[3].text.text, "7");
        let boxes: Vec<_> = content.boxes(text).into_iter().map(|found| (found.kind, found.text, found.line)).collect();
        let of = |kind, text: &str, line| (kind, text.to_owned(), line);
        assert_eq!(
            boxes[..3],
            [of(BoxKind::Block, "", None), of(BoxKind::Line, "oil", Some(0)), of(BoxKind::Word, "oil", Some(0))]
        );
        assert_eq!(boxes[7], of(BoxKind::Line, "7", Some(1)));
        assert_eq!(
            boxes[9..],
            [of(BoxKind::Block, "", None), of(BoxKind::Line, "end", Some(2)), of(BoxKind::Word, "end", Some(2))]
        );
    }

    #[test]
    fn a_line_of_several_rectangles_has_a_box_for_each() {
        let labelled = |y, number| LayoutLine { paragraph: None, words: Vec::new(), ..line("a label", y, 0, number) };
        let layout = [LayoutBlock {
            number: None,
            bounds: None,
            ..block(0, 0, vec![labelled(0, 0), labelled(10, 0), labelled(20, 1)])
        }];
        let text = "a label\na label\n";
        let content = from_layout(text, &layout);
        assert_eq!(content.plain_text(), "a label\na label");
        let boxes = content.boxes(text);
        let told: Vec<_> = boxes.iter().map(|found| (found.kind, found.bounds.y, found.line, found.block)).collect();
        let line = |y, number| (BoxKind::Line, y, Some(number), None);
        assert_eq!(told, [line(0, 0), line(10, 0), line(20, 1)]);
    }
}
