//! The structure of a page that was not read to its end.

use std::ops::Range;

use inkstream_content::{LayoutBlock, LayoutLine, Region, RegionKind, TextRange};
use inkstream_wire::PixelBox;

use crate::ports::PageStructure;

/// The page's structure as far as the bounds of the text so far show it. The engine returns the whole structure only at the page's end.
#[derive(Default)]
pub(super) struct PartialStructure {
    /// Ranges of the text in bytes, with their bounds.
    parts: Vec<(Range<usize>, PixelBox)>,
    /// Whether each part is a line.
    are_lines: bool,
}

impl PartialStructure {
    /// A line of text has come.
    pub(super) fn add_line(&mut self, range: Range<usize>, bounds: PixelBox) {
        self.are_lines = true;
        self.parts.push((range, bounds));
    }

    /// Text within `bounds` has come, which may be a part of what is there.
    pub(super) fn add_text(&mut self, range: Range<usize>, bounds: PixelBox) {
        match self.parts.last_mut().filter(|(last, at)| *at == bounds && last.end == range.start) {
            Some((last, _)) => last.end = range.end,
            None => self.parts.push((range, bounds)),
        }
    }

    /// The structure of `text`, which is what has come.
    pub(super) fn into_structure(self, text: &str) -> PageStructure {
        // A figure has only the line feed that follows it, and whether it is one is known only at the page's end.
        let has_text = |range: &Range<usize>| !text.get(range.clone()).unwrap_or_default().trim().is_empty();
        let parts = self.parts.into_iter().filter(|(range, _)| has_text(range)).collect();
        if self.are_lines { layout(parts, text) } else { regions(parts, text) }
    }
}

fn layout(parts: Vec<(Range<usize>, PixelBox)>, text: &str) -> PageStructure {
    let line = |(number, (range, bounds)): (u32, (Range<usize>, PixelBox))| LayoutLine {
        text: text.get(range).unwrap_or_default().trim().to_owned(),
        bounds,
        confidence: None,
        paragraph: None,
        number: Some(number),
        words: Vec::new(),
    };
    let lines = (0..).zip(parts).map(line).collect();
    PageStructure::Layout(vec![LayoutBlock { number: None, kind: RegionKind::Block, bounds: None, lines, table: None }])
}

fn regions(parts: Vec<(Range<usize>, PixelBox)>, text: &str) -> PageStructure {
    let (mut byte, mut character) = (0, 0);
    let mut position = |at: usize| {
        character += text.get(byte..at).map_or(0, |passed| passed.chars().count()) as u32;
        byte = at;
        character
    };
    let mut region = |(number, (range, bounds)): (u32, (Range<usize>, PixelBox))| {
        let source = Some(TextRange::new(position(range.start), position(range.end)));
        Region { number, kind: RegionKind::Block, bounds, source }
    };
    PageStructure::Markdown((0..).zip(parts).map(&mut region).collect())
}

#[cfg(test)]
mod tests {
    use inkstream_wire::BoxKind;

    use super::*;

    fn bounds(y: u32) -> PixelBox {
        PixelBox { x: 0, y, width: 9, height: 9 }
    }

    /// Kind, text and top of each box of a page of these parts.
    fn boxes(
        parts: &[(&str, u32)],
        add: fn(&mut PartialStructure, Range<usize>, PixelBox),
    ) -> Vec<(BoxKind, String, u32)> {
        let (mut text, mut partial) = (String::new(), PartialStructure::default());
        for (part, y) in parts {
            let start = text.len();
            text.push_str(part);
            add(&mut partial, start..text.len(), bounds(*y));
        }
        let content = partial.into_structure(&text).content(&text, None);
        content.boxes(&text).into_iter().map(|found| (found.kind, found.text, found.bounds.y)).collect()
    }

    #[test]
    fn lines_keep_their_bounds() {
        let found = boxes(&[("Über\n", 0), ("two\n", 10), ("\nth", 30)], PartialStructure::add_line);
        let line = |text: &str, y| (BoxKind::Line, text.to_owned(), y);
        assert_eq!(found, [line("Über", 0), line("two", 10), line("th", 30)]);
    }

    #[test]
    fn text_with_the_same_bounds_is_one_region() {
        let found = boxes(&[("# Üb", 0), ("er\n", 0), ("\nText", 10)], PartialStructure::add_text);
        let block = |text: &str, y| (BoxKind::Block, text.to_owned(), y);
        assert_eq!(found, [block("# Über", 0), block("Text", 10)]);
    }
}
