//! Content from the Markdown of vision models: CommonMark with pipe tables, formulas, check boxes, HTML tables and the tags of
//! Nanonets-OCR (`<page_number>`, `<watermark>`, `<img>`).
//!
//! The text is untrusted: nesting is bounded, and unknown markup stays text. No character of a word is lost.

mod blocks;
mod html;
mod inline;
mod prepare;
mod segments;
mod tags;

use crate::{Block, BlockKind, BoundingBox, BoxKind, PageContent, RichText, TextBox, TextRange};

/// The content of any engine's result: from its lines and words if it has located them, otherwise from its Markdown.
pub fn from_text(text: &str, boxes: &[TextBox]) -> PageContent {
    let is_located = boxes.iter().any(|of| matches!(of.kind, BoxKind::Line | BoxKind::Word));
    if is_located { crate::from_layout(text, boxes) } else { from_markdown(text, boxes) }
}

/// The content of a model's Markdown. A block's box in `boxes` has the block's text as written; figures are in the order of the text.
pub fn from_markdown(source: &str, boxes: &[TextBox]) -> PageContent {
    let mut blocks = Vec::new();
    for segment in segments::split(source) {
        let text = &source[segment.range.clone()];
        match segment.kind {
            segments::Kind::Markdown => blocks::parse(text, segment.range.start, &mut blocks),
            segments::Kind::Table => match html::table(text) {
                Some(table) => blocks.push(spanned(BlockKind::Table(table), segment.range)),
                None => blocks::parse_plain(&html::text(text), segment.range, &mut blocks),
            },
            segments::Kind::Formula { delimiter } => {
                let latex = text[delimiter..text.len() - delimiter].trim().to_owned();
                blocks.push(spanned(BlockKind::Formula { latex }, segment.range));
            }
        }
    }
    set_bounds(&mut blocks, source, boxes);
    to_characters(&mut blocks, source);
    PageContent::of(blocks)
}

/// A block of this byte range of the source.
fn spanned(kind: BlockKind, bytes: std::ops::Range<usize>) -> Block {
    let source = TextRange::new(bytes.start as u32, bytes.end as u32);
    Block { source: Some(source), ..Block::of(kind) }
}

/// Sets the bounds of the blocks, whose ranges are still in bytes.
fn set_bounds(blocks: &mut Vec<Block>, source: &str, boxes: &[TextBox]) {
    let mut from = 0;
    let mut figures: Vec<(usize, BoundingBox)> = Vec::new();
    for set_bounds in boxes {
        match set_bounds.kind {
            BoxKind::Figure => figures.push((from, set_bounds.bounds)),
            BoxKind::Block => {
                let text = set_bounds.text.trim();
                let Some(at) = source[from..].find(text).filter(|_| !text.is_empty()) else { continue };
                let (start, end) = (from + at, from + at + text.len());
                from = end;
                let inside = |block: &&mut Block| {
                    block.source.is_some_and(|range| range.start as usize >= start && (range.start as usize) < end)
                };
                blocks.iter_mut().filter(inside).for_each(|block| block.bounds = Some(set_bounds.bounds));
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

/// Converts the blocks' ranges from bytes to characters.
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

/// Converts byte offsets to character offsets. Ascending offsets are counted from the last one.
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
