//! The lines of paragraphs with their places, and paragraphs of such lines.

use super::{MIN_INDENT, marker::Marker};
use crate::{Block, BlockKind, BoundingBox, Line, RichText, TextRange};

/// A line of a paragraph.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) text: String,
    /// The rectangles, with ranges in the row's text.
    lines: Vec<Line>,
    /// The position of its paragraph in the stretch.
    pub(super) paragraph: usize,
    /// Its range in the engine's text, if known.
    source: Option<TextRange>,
    region: Option<u32>,
    number: Option<u32>,
    pub(super) left: f32,
    pub(super) right: f32,
    pub(super) top: f32,
    pub(super) bottom: f32,
    pub(super) height: f32,
    /// The right edge of the paragraph.
    pub(super) column_right: f32,
}

impl Row {
    /// The text of an item behind its marker.
    pub(super) fn text_after(&self, marker: &Marker) -> String {
        self.text.chars().skip(marker.length as usize).collect()
    }

    /// The width of the first word with a space before it.
    pub(super) fn first_word(&self) -> f32 {
        let letter = (self.right - self.left) / self.text.chars().count().max(1) as f32;
        let letters = self.text.split_whitespace().next().unwrap_or_default().chars().count();
        (letters + 1) as f32 * letter
    }

    /// The left edge of the words behind the first characters.
    pub(super) fn left_after(&self, length: u32) -> Option<f32> {
        let mut words = self.lines.iter().flat_map(|line| &line.words).filter(|word| word.range.start >= length);
        words.find_map(|word| word.bounds).map(|bounds| bounds.x as f32)
    }

    /// The bounds of the words within the first characters.
    pub(super) fn bounds_before(&self, length: u32) -> Option<BoundingBox> {
        let words = self.lines.iter().flat_map(|line| &line.words).filter(|word| word.range.end <= length);
        words.filter_map(|word| word.bounds).reduce(BoundingBox::union)
    }
}

/// The rows of paragraphs whose lines are all located.
pub(super) fn of(paragraphs: &[Block]) -> Vec<Row> {
    let texts = paragraphs.iter().enumerate().filter_map(|(at, block)| Some((at, block, block.text()?)));
    texts.flat_map(|(at, block, text)| of_paragraph(at, block, text)).collect()
}

fn of_paragraph(paragraph: usize, block: &Block, text: &RichText) -> Vec<Row> {
    let around = text.lines.iter().filter_map(|line| line.bounds).reduce(BoundingBox::union);
    let column_right = around.map_or(0.0, right);
    // The positions of lines are known only where no space at their ends was left out.
    let length = text.text.chars().count() as u32;
    let start = block.source.filter(|source| source.end - source.start == length).map(|source| source.start);
    let mut at = 0;
    let row = |row: &str| {
        let range = TextRange::new(at, at + row.chars().count() as u32);
        at = range.end + 1;
        let lines: Vec<Line> =
            text.lines.iter().filter(|line| line.range == range).map(|line| shifted(line, range.start)).collect();
        let bounds = lines.iter().filter_map(|line| line.bounds).reduce(BoundingBox::union)?;
        Some(Row {
            text: row.to_owned(),
            lines,
            paragraph,
            source: start.map(|start| TextRange::new(start + range.start, start + range.end)),
            region: block.region,
            number: block.paragraph,
            left: bounds.x as f32,
            right: right(bounds),
            top: bounds.y as f32,
            bottom: bounds.y.saturating_add(bounds.height) as f32,
            height: bounds.height as f32,
            column_right,
        })
    };
    text.text.split('\n').filter_map(row).collect()
}

fn right(bounds: BoundingBox) -> f32 {
    bounds.x.saturating_add(bounds.width) as f32
}

/// The line with ranges that begin `by` characters earlier.
fn shifted(line: &Line, by: u32) -> Line {
    let moved = |range: TextRange| TextRange::new(range.start.saturating_sub(by), range.end.saturating_sub(by));
    let words = line.words.iter().filter(|word| word.range.end > by);
    let words = words.map(|word| crate::Word { range: moved(word.range), ..word.clone() }).collect();
    Line { range: moved(line.range), words, ..line.clone() }
}

/// Paragraphs of these rows, without so many characters at the start of the first: its marker.
pub(super) fn paragraphs(rows: &[Row], marker: u32) -> Vec<Block> {
    let belongs = |row: &Row, next: &Row| {
        row.paragraph == next.paragraph || (marker > 0 && next.top - row.bottom <= MIN_INDENT * row.height)
    };
    let mut left_out = marker;
    rows.chunk_by(belongs).map(|rows| paragraph(rows, std::mem::take(&mut left_out))).collect()
}

fn paragraph(rows: &[Row], marker: u32) -> Block {
    let mut text = RichText::default();
    let mut characters = 0;
    for (at, row) in rows.iter().enumerate() {
        let left_out = if at == 0 { marker } else { 0 };
        if at > 0 {
            text.text.push('\n');
            characters += 1;
        }
        text.text.extend(row.text.chars().skip(left_out as usize));
        let moved = |range: TextRange| TextRange::new(range.start + characters, range.end + characters);
        for line in row.lines.iter().map(|line| shifted(line, left_out)) {
            let words = line.words.into_iter();
            let words = words.map(|word| crate::Word { range: moved(word.range), ..word }).collect();
            text.lines.push(Line { range: moved(line.range), words, ..line });
        }
        characters += row.text.chars().count() as u32 - left_out;
    }
    let (first, last) = (rows.first(), rows.last());
    let ends = first.and_then(|row| row.source).zip(last.and_then(|row| row.source));
    Block {
        bounds: text.lines.iter().filter_map(|line| line.bounds).reduce(BoundingBox::union),
        source: ends.map(|(first, last)| TextRange::new(first.start, last.end)),
        region: first.and_then(|row| row.region),
        paragraph: first.and_then(|row| row.number),
        ..Block::new(BlockKind::Paragraph { text })
    }
}
