//! The projection to boxes, which answers contain as `boxes`.

use crate::{Block, BlockKind, BoxKind, ListItem, PageContent, Region, RegionKind, RichText, TextBox, cut::Cutter};

impl PageContent {
    /// The boxes of the regions, lines and words that the engine located: each region before its lines, each line before its words.
    /// `text` is the engine's text of the page, in which regions have their range. A region whose lines are located has no text.
    pub fn boxes(&self, text: &str) -> Vec<TextBox> {
        let mut boxes = Vec::new();
        let mut regions = self.regions.as_slice();
        let mut cutter = Cutter::new(text);
        let mut last = None;
        for Part { block, item } in parts(&self.blocks) {
            if block.region != last {
                last = block.region;
                let found = regions.iter().position(|region| Some(region.number) == last);
                let (until, rest) = regions.split_at(found.map_or(0, |found| found + 1));
                regions = rest;
                boxes.extend(until.iter().map(|region| of_region(region, &mut cutter)));
            }
            block.text().into_iter().for_each(|text| of_lines(block, text, item, &mut boxes));
            if let BlockKind::Table(table) = &block.kind {
                table.caption.iter().for_each(|caption| of_lines(block, caption, None, &mut boxes));
                table.cells.iter().for_each(|cell| of_lines(block, &cell.text, None, &mut boxes));
            }
        }
        boxes.extend(regions.iter().map(|region| of_region(region, &mut cutter)));
        boxes
    }
}

/// A block that is no list or quote, or one that the engine located as a whole.
struct Part<'a> {
    block: &'a Block,
    /// The item that it begins.
    item: Option<&'a ListItem>,
}

/// The blocks, and those in located lists, in order.
fn parts(blocks: &[Block]) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for block in blocks {
        match &block.kind {
            BlockKind::List { items } => {
                for item in items {
                    let first = parts.len();
                    parts.extend(self::parts(&item.blocks));
                    if let Some(part) = parts.get_mut(first) {
                        part.item = Some(item);
                    }
                }
            }
            _ => parts.push(Part { block, item: None }),
        }
    }
    parts
}

fn of_region(region: &Region, cutter: &mut Cutter<'_>) -> TextBox {
    let text = region.source.filter(|_| region.kind == RegionKind::Block).map(|range| cutter.cut(range).trim());
    TextBox {
        kind: match region.kind {
            RegionKind::Block => BoxKind::Block,
            RegionKind::Figure => BoxKind::Figure,
        },
        bounds: region.bounds,
        text: text.unwrap_or_default().to_owned(),
        confidence: None,
        block: Some(region.number),
        paragraph: None,
        line: None,
    }
}

/// The lines of a text. The first line of an `item` has its marker, too.
fn of_lines(block: &Block, text: &RichText, item: Option<&ListItem>, boxes: &mut Vec<TextBox>) {
    let mut item = item;
    let (mut lines, mut words) = (Cutter::new(&text.text), Cutter::new(&text.text));
    for line in &text.lines {
        let of = |kind, bounds, text: &str, confidence| TextBox {
            kind,
            bounds,
            text: text.to_owned(),
            confidence,
            block: block.region,
            paragraph: block.paragraph,
            line: line.number,
        };
        let item = item.take();
        let marked = |text: &str| item.map_or(text.to_owned(), |item| format!("{} {text}", item.marker));
        boxes.extend(
            line.bounds.map(|bounds| of(BoxKind::Line, bounds, &marked(lines.cut(line.range)), line.confidence)),
        );
        if let Some((item, bounds)) = item.and_then(|item| Some((item, item.marker_bounds?))) {
            boxes.push(of(BoxKind::Word, bounds, &item.marker, None));
        }
        for word in &line.words {
            boxes.extend(word.bounds.map(|bounds| of(BoxKind::Word, bounds, words.cut(word.range), word.confidence)));
        }
    }
}
