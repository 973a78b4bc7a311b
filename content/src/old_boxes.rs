//! Content of pages that were stored as text and boxes, before pages had content.

use crate::{
    BoxKind, LayoutBlock, LayoutLine, LayoutWord, PageContent, Region, RegionKind, TextBox, TextRange, from_layout,
    from_markdown,
};

/// The content of a page that was stored as text and boxes: from its lines if they are located, otherwise from its Markdown.
pub fn from_boxes(text: &str, boxes: &[TextBox]) -> PageContent {
    let is_located = boxes.iter().any(|of| of.kind == BoxKind::Line);
    if is_located { from_layout(text, &layout(boxes), None) } else { from_markdown(text, regions(text, boxes)) }
}

/// The blocks, lines and words. Each box is before those in it.
fn layout(boxes: &[TextBox]) -> Vec<LayoutBlock> {
    let mut blocks: Vec<LayoutBlock> = Vec::new();
    for of in boxes {
        let bounds = of.bounds;
        let block = |kind, bounds| LayoutBlock { number: of.block, kind, bounds, lines: Vec::new(), table: None };
        match of.kind {
            BoxKind::Block => blocks.push(block(RegionKind::Block, Some(bounds))),
            BoxKind::Figure => blocks.push(block(RegionKind::Figure, Some(bounds))),
            BoxKind::Line => {
                if blocks.last().is_none_or(|last| last.number != of.block || last.kind == RegionKind::Figure) {
                    blocks.push(block(RegionKind::Block, None));
                }
                let line = LayoutLine {
                    text: of.text.clone(),
                    bounds,
                    confidence: of.confidence,
                    paragraph: of.paragraph,
                    number: of.line,
                    words: Vec::new(),
                };
                if let Some(block) = blocks.last_mut() {
                    block.lines.push(line);
                }
            }
            BoxKind::Word => {
                let line = blocks.last_mut().and_then(|block| block.lines.last_mut());
                if let Some(line) = line.filter(|line| line.number == of.line) {
                    line.words.push(LayoutWord { text: of.text.clone(), bounds, confidence: of.confidence });
                }
            }
            BoxKind::Reference => {}
        }
    }
    blocks
}

/// The blocks and figures of a model's Markdown. A block's box has the block's text as written.
fn regions(source: &str, boxes: &[TextBox]) -> Vec<Region> {
    let (mut byte, mut character) = (0, 0);
    let mut regions = Vec::new();
    for of in boxes {
        let (kind, text) = match of.kind {
            BoxKind::Block => (RegionKind::Block, of.text.trim()),
            BoxKind::Figure => (RegionKind::Figure, ""),
            BoxKind::Line | BoxKind::Word | BoxKind::Reference => continue,
        };
        let found = source[byte..].find(text);
        if let Some(at) = found.filter(|_| !text.is_empty()) {
            character += source[byte..byte + at].chars().count() as u32;
            byte += at;
        }
        let start = character;
        if found.is_some() {
            character += text.chars().count() as u32;
            byte += text.len();
        }
        let is_known = kind == RegionKind::Figure || found.is_some() && !text.is_empty();
        let range = is_known.then(|| TextRange::new(start, character));
        regions.push(Region { number: of.block.unwrap_or_default(), kind, bounds: of.bounds, source: range });
    }
    regions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BoundingBox;

    fn text_box(kind: BoxKind, text: &str, x: u32, tree: [Option<u32>; 3]) -> TextBox {
        let [block, paragraph, line] = tree;
        let bounds = BoundingBox { x, y: 0, width: 10, height: 5 };
        let confidence = matches!(kind, BoxKind::Line | BoxKind::Word).then_some(80.0);
        TextBox { kind, bounds, text: text.to_owned(), confidence, block, paragraph, line }
    }

    #[test]
    fn the_content_of_located_lines_has_the_same_boxes() {
        let line = |number| [Some(0), Some(number), Some(number)];
        let boxes = [
            text_box(BoxKind::Block, "", 0, [Some(0), None, None]),
            text_box(BoxKind::Line, "two words", 1, line(0)),
            text_box(BoxKind::Word, "two", 2, line(0)),
            text_box(BoxKind::Word, "words", 3, line(0)),
            text_box(BoxKind::Line, "three", 4, line(1)),
            text_box(BoxKind::Figure, "", 5, [Some(2), None, None]),
            text_box(BoxKind::Line, "four", 6, [Some(3), Some(2), Some(2)]),
        ];
        let text = "two words\n\nthree\n\nfour\n";
        let content = from_boxes(text, &boxes);
        assert_eq!(content.blocks.len(), 4);
        assert_eq!(content.boxes(text), boxes);
    }

    #[test]
    fn the_content_of_a_models_blocks_has_the_same_boxes() {
        let block = |number| [Some(number), None, None];
        let boxes = [
            text_box(BoxKind::Block, "# Títle", 1, block(0)),
            text_box(BoxKind::Figure, "", 2, block(1)),
            text_box(BoxKind::Block, "A text.", 3, block(2)),
            text_box(BoxKind::Block, "", 4, block(2)),
        ];
        let text = "# Títle\n\nA text.\n";
        let content = from_boxes(text, &boxes);
        assert_eq!(
            content.blocks.iter().map(|block| block.bounds.map(|at| at.x)).collect::<Vec<_>>(),
            [1, 2, 3].map(Some)
        );
        assert_eq!(content.boxes(text), boxes);
    }
}
