//! Content from text with located lines and words: Tesseract's, that of PDF text layers, and that of DeepSeek-OCR's layout task.

use serde::{Deserialize, Serialize};

use crate::{
    Block, BlockKind, BoundingBox, Line, PageContent, Region, RegionKind, RichText, Table, TextRange, Word, captions,
    furniture, headings, lists,
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
/// larger than the others are headings, and lines with markers in a sequence are lists. `size` is the page image's width and height; with it
/// page furniture is told from text.
pub fn from_layout(text: &str, layout: &[LayoutBlock], size: Option<(u32, u32)>) -> PageContent {
    let mut builder = ContentBuilder::new(layout);
    let mut at = 0;
    for line in text.split('\n') {
        builder.line(line, at);
        at += line.chars().count() as u32 + 1;
    }
    PageContent { regions: layout.iter().filter_map(region).collect(), ..builder.finish(size) }
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
            ..Block::new(BlockKind::Table(table.clone()))
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
            self.blocks.push(Block { bounds: block.bounds, region: block.number, ..Block::new(kind) });
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
            ..Block::new(BlockKind::Paragraph { text })
        });
    }

    fn finish(mut self, size: Option<(u32, u32)>) -> PageContent {
        self.end_paragraph();
        self.figures(self.next..self.parts.len());
        if let Some((_, height)) = size {
            furniture::find(&mut self.blocks, height);
        }
        headings::find(&mut self.blocks);
        let mut blocks = lists::find(self.blocks);
        captions::find(&mut blocks);
        PageContent::new(blocks)
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
mod tests;
