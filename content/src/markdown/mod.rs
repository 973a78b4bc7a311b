//! Content from the Markdown of vision models: CommonMark with pipe tables, formulas, check boxes, HTML tables and the tags of
//! Nanonets-OCR (`<page_number>`, `<watermark>`, `<img>`).
//!
//! The text is untrusted: nesting is bounded, and unknown markup stays text. No character of a word is lost.

mod blocks;
pub(crate) mod html;
pub(crate) mod inline;
mod prepare;
mod segments;
mod tags;

use crate::{Block, BlockKind, PageContent, Region, RegionKind, RichText, TextRange, cut::Cutter};

/// The content of a model's Markdown. `regions` are in the order of the text, with the range that each of them holds; that of a figure
/// is its position.
pub fn from_markdown(source: &str, regions: Vec<Region>) -> PageContent {
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
    set_bounds(&mut blocks, source, &regions);
    to_characters(&mut blocks, source);
    PageContent { regions, ..PageContent::new(blocks) }
}

/// A block of this byte range of the source.
fn spanned(kind: BlockKind, bytes: std::ops::Range<usize>) -> Block {
    let source = TextRange::new(bytes.start as u32, bytes.end as u32);
    Block { source: Some(source), ..Block::new(kind) }
}

/// Sets the bounds of the blocks, whose ranges are still in bytes.
fn set_bounds(blocks: &mut Vec<Block>, source: &str, regions: &[Region]) {
    let mut cutter = Cutter::new(source);
    let begins = |block: &Block| block.source.map(|range| range.start as usize);
    for region in regions {
        let Some(range) = region.source else { continue };
        let start = cutter.byte(range.start);
        match region.kind {
            RegionKind::Block => {
                let within = start..cutter.byte(range.end.max(range.start));
                let inside = |block: &&mut Block| begins(block).is_some_and(|at| within.contains(&at));
                blocks.iter_mut().filter(inside).for_each(|block| block.bounds = Some(region.bounds));
            }
            RegionKind::Figure => set_figure(blocks, start, region),
        }
    }
}

/// Sets the bounds of the first figure from `start` on that has none. Adds one if there is none, as models locate figures without a
/// word.
fn set_figure(blocks: &mut Vec<Block>, start: usize, region: &Region) {
    let begins = |block: &Block| block.source.map_or(0, |range| range.start as usize);
    let is_open = |block: &Block| matches!(block.kind, BlockKind::Figure { .. }) && block.bounds.is_none();
    if let Some(figure) = blocks.iter_mut().find(|block| is_open(block) && begins(block) >= start) {
        figure.bounds = Some(region.bounds);
        return;
    }
    let at = blocks.iter().position(|block| block.source.is_some() && begins(block) >= start).unwrap_or(blocks.len());
    let kind = BlockKind::Figure { text: RichText::default() };
    blocks.insert(at, Block { bounds: Some(region.bounds), ..Block::new(kind) });
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
