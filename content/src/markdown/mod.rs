//! Content from Markdown, as vision models write it: CommonMark with pipe tables, formulas, check boxes, HTML tables and the
//! tags of Nanonets-OCR (`<page_number>`, `<watermark>`, `<img>`).
//!
//! The text is hostile input: nesting is bounded, and what is not understood stays text. No character of a word is lost.

mod html;
mod inline;
mod prepare;
mod reader;
mod segments;
mod tags;

use crate::{Block, BlockKind, BoundingBox, BoxKind, PageContent, RichText, TextBox, TextRange};

/// Content of what any engine gave: by its lines and words where it located them, else by the Markdown that it wrote.
pub fn from_text(text: &str, boxes: &[TextBox]) -> PageContent {
    let is_located = boxes.iter().any(|of| matches!(of.kind, BoxKind::Line | BoxKind::Word));
    if is_located { crate::from_layout(text, boxes) } else { from_markdown(text, boxes) }
}

/// Content of what a model wrote. `boxes` are the places that it told: a block's box names the block's text as it was
/// written, figures are in the order of the text.
pub fn from_markdown(source: &str, boxes: &[TextBox]) -> PageContent {
    let mut blocks = Vec::new();
    for segment in segments::split(source) {
        let text = &source[segment.range.clone()];
        match segment.kind {
            segments::Kind::Markdown => reader::read(text, segment.range.start, &mut blocks),
            segments::Kind::Table => match html::table(text) {
                Some(table) => blocks.push(spanned(BlockKind::Table(table), segment.range)),
                None => reader::read_plain(&html::text(text), segment.range, &mut blocks),
            },
            segments::Kind::Formula { delimiter } => {
                let latex = text[delimiter..text.len() - delimiter].trim().to_owned();
                blocks.push(spanned(BlockKind::Formula { latex }, segment.range));
            }
        }
    }
    place(&mut blocks, source, boxes);
    to_characters(&mut blocks, source);
    PageContent::of(blocks)
}

/// A block from these bytes of the source.
fn spanned(kind: BlockKind, bytes: std::ops::Range<usize>) -> Block {
    let source = TextRange::new(bytes.start as u32, bytes.end as u32);
    Block { source: Some(source), ..Block::of(kind) }
}

/// Gives the blocks their bounds. Ranges are in bytes still.
fn place(blocks: &mut Vec<Block>, source: &str, boxes: &[TextBox]) {
    let mut from = 0;
    let mut figures: Vec<(usize, BoundingBox)> = Vec::new();
    for place in boxes {
        match place.kind {
            BoxKind::Figure => figures.push((from, place.bounds)),
            BoxKind::Block => {
                let text = place.text.trim();
                let Some(at) = source[from..].find(text).filter(|_| !text.is_empty()) else { continue };
                let (start, end) = (from + at, from + at + text.len());
                from = end;
                let inside = |block: &&mut Block| {
                    block.source.is_some_and(|range| range.start as usize >= start && (range.start as usize) < end)
                };
                blocks.iter_mut().filter(inside).for_each(|block| block.bounds = Some(place.bounds));
            }
            BoxKind::Line | BoxKind::Word | BoxKind::Reference => {}
        }
    }
    for (after, bounds) in figures {
        let is_open = |block: &Block| matches!(block.kind, BlockKind::Figure { .. }) && block.bounds.is_none();
        let begins = |block: &Block| block.source.map_or(0, |range| range.start as usize);
        if let Some(figure) = blocks.iter_mut().find(|block| is_open(block) && begins(block) >= after) {
            figure.bounds = Some(bounds);
            continue;
        }
        let at =
            blocks.iter().position(|block| block.source.is_some() && begins(block) >= after).unwrap_or(blocks.len());
        let kind = BlockKind::Figure { text: RichText::default() };
        blocks.insert(at, Block { bounds: Some(bounds), ..Block::of(kind) });
    }
}

/// Turns the blocks' ranges from bytes into characters.
fn to_characters(blocks: &mut [Block], source: &str) {
    let mut counter = Counter { source, byte: 0, character: 0 };
    each(blocks, &mut |block| {
        if let Some(range) = &mut block.source {
            *range = TextRange::new(counter.at(range.start as usize), counter.at(range.end as usize));
        }
    });
}

fn each(blocks: &mut [Block], change: &mut impl FnMut(&mut Block)) {
    for block in blocks {
        change(block);
        match &mut block.kind {
            BlockKind::Quote { blocks } => each(blocks, change),
            BlockKind::List { items } => items.iter_mut().for_each(|item| each(&mut item.blocks, change)),
            _ => {}
        }
    }
}

/// Counts characters up to a byte, going on from the last one asked for where that is further on.
struct Counter<'a> {
    source: &'a str,
    byte: usize,
    character: u32,
}

impl Counter<'_> {
    fn at(&mut self, byte: usize) -> u32 {
        let byte = self.source.floor_char_boundary(byte);
        if byte < self.byte {
            return self.character - self.source[byte..self.byte].chars().count() as u32;
        }
        self.character += self.source[self.byte..byte].chars().count() as u32;
        self.byte = byte;
        self.character
    }
}

#[cfg(test)]
mod tests;
