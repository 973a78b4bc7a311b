//! The projection to boxes, which answers contain as `boxes`.

use crate::{Block, BlockKind, BoxKind, Line, PageContent, RichText, TextBox};

impl PageContent {
    /// The boxes of all parts with known bounds: each block before its lines, each line before its words. A block has no text if its
    /// lines have boxes.
    pub fn boxes(&self) -> Vec<TextBox> {
        let mut boxes = Vec::new();
        let mut count = Count::default();
        for block in &self.blocks {
            block.visit(&mut |block| count.block(block, &mut boxes));
        }
        boxes
    }
}

/// The next numbers of block, paragraph and line on the page.
#[derive(Default)]
struct Count {
    blocks: u32,
    lines: u32,
}

impl Count {
    fn block(&mut self, block: &Block, boxes: &mut Vec<TextBox>) {
        let index = self.blocks;
        self.blocks += 1;
        let text = block.text();
        let lines = text.map(|text| text.lines.as_slice()).unwrap_or_default();
        let located = lines.iter().any(|line| line.bounds.is_some());
        if let Some(bounds) = block.bounds {
            let kind = if matches!(block.kind, BlockKind::Figure { .. }) { BoxKind::Figure } else { BoxKind::Block };
            let told = if located { String::new() } else { block.plain_text() };
            boxes.push(TextBox { block: Some(index), ..text_box(kind, bounds, told) });
        }
        if let Some(text) = text {
            for line in lines {
                self.line(index, text, line, boxes);
            }
        }
    }

    fn line(&mut self, block: u32, text: &RichText, line: &Line, boxes: &mut Vec<TextBox>) {
        let of = |kind, bounds, told: &str, confidence| TextBox {
            confidence,
            block: Some(block),
            paragraph: Some(block),
            line: Some(self.lines),
            ..text_box(kind, bounds, told.to_owned())
        };
        if let Some(bounds) = line.bounds {
            boxes.push(of(BoxKind::Line, bounds, line.range.slice(&text.text), line.confidence));
        }
        for word in &line.words {
            if let Some(bounds) = word.bounds {
                boxes.push(of(BoxKind::Word, bounds, word.range.slice(&text.text), word.confidence));
            }
        }
        self.lines += 1;
    }
}

fn text_box(kind: BoxKind, bounds: crate::BoundingBox, text: String) -> TextBox {
    TextBox { kind, bounds, text, confidence: None, block: None, paragraph: None, line: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoundingBox, from_layout};

    #[test]
    fn lines_and_words_keep_text_bounds_and_confidence() {
        let bounds = |x| BoundingBox { x, y: 0, width: 10, height: 5 };
        let of = |kind, x, text: &str, line| TextBox {
            confidence: Some(80.0),
            block: Some(0),
            paragraph: Some(0),
            line: Some(line),
            ..text_box(kind, bounds(x), text.to_owned())
        };
        let boxes =
            [of(BoxKind::Line, 0, "two words", 0), of(BoxKind::Word, 0, "two", 0), of(BoxKind::Word, 20, "words", 0)];
        let projected = from_layout("two words", &boxes).boxes();
        assert_eq!(projected[0].kind, BoxKind::Block);
        assert_eq!(&projected[1..], boxes);
    }
}
