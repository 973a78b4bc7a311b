//! Content from text with located lines and words: Tesseract's and that of PDF text layers.

use std::collections::HashMap;

use crate::{Block, BlockKind, BoundingBox, BoxKind, Line, PageContent, RichText, TextBox, TextRange, Word};

/// The maximum number of boxes that are skipped to find the box of a line. Some lines of an engine have no text.
const LOOK_AHEAD: usize = 50;

/// The content of `text`, whose paragraphs are separated by empty lines, with the bounds of `boxes`. The boxes are in the text's order.
/// Lines without a box and boxes without a line are accepted. The content contains all of the text.
pub fn from_layout(text: &str, boxes: &[TextBox]) -> PageContent {
    let mut builder = LayoutBuilder::new(boxes);
    let mut at = 0;
    for line in text.split('\n') {
        builder.line(line, at);
        at += line.chars().count() as u32 + 1;
    }
    builder.finish()
}

struct LayoutBuilder<'a> {
    /// Lines and figures, in order.
    lines_and_figures: Vec<&'a TextBox>,
    next: usize,
    /// Words by the number of their line.
    words: HashMap<u32, Vec<&'a TextBox>>,
    /// Words without a line, if the engine locates only words.
    loose: Vec<&'a TextBox>,
    next_loose: usize,
    /// Bounds of the engine's blocks by number, and the number of paragraphs of each.
    regions: HashMap<u32, BoundingBox>,
    paragraphs_of: HashMap<u32, Vec<Option<u32>>>,
    blocks: Vec<Block>,
    paragraph: Option<OpenParagraph>,
}

struct OpenParagraph {
    text: RichText,
    characters: u32,
    source: TextRange,
    /// The engine's block and paragraph of the last line with a box.
    of: Option<(Option<u32>, Option<u32>)>,
}

impl<'a> LayoutBuilder<'a> {
    fn new(boxes: &'a [TextBox]) -> Self {
        let of_kind = |kind| move |text_box: &&TextBox| text_box.kind == kind;
        let has_lines = boxes.iter().any(|text_box| text_box.kind == BoxKind::Line);
        let mut words: HashMap<u32, Vec<&TextBox>> = HashMap::new();
        let mut loose = Vec::new();
        for word in boxes.iter().filter(of_kind(BoxKind::Word)) {
            match word.line.filter(|_| has_lines) {
                Some(line) => words.entry(line).or_default().push(word),
                None => loose.push(word),
            }
        }
        let mut paragraphs_of: HashMap<u32, Vec<Option<u32>>> = HashMap::new();
        for line in boxes.iter().filter(of_kind(BoxKind::Line)) {
            if let Some(block) = line.block {
                let paragraphs = paragraphs_of.entry(block).or_default();
                if !paragraphs.contains(&line.paragraph) {
                    paragraphs.push(line.paragraph);
                }
            }
        }
        let region = |text_box: &TextBox| Some((text_box.block?, text_box.bounds));
        Self {
            lines_and_figures: boxes
                .iter()
                .filter(|text_box| matches!(text_box.kind, BoxKind::Line | BoxKind::Figure))
                .collect(),
            next: 0,
            words,
            loose,
            next_loose: 0,
            regions: boxes.iter().filter(of_kind(BoxKind::Block)).filter_map(region).collect(),
            paragraphs_of,
            blocks: Vec::new(),
            paragraph: None,
        }
    }

    fn line(&mut self, line: &str, at: u32) {
        let text = line.trim();
        if text.is_empty() {
            self.end_paragraph();
            return;
        }
        let start = at + line.chars().take_while(|letter| letter.is_whitespace()).count() as u32;
        let characters = text.chars().count() as u32;
        let source = TextRange::new(start, start + characters);
        let line_box = self.box_of(text);
        let of = line_box.map(|line_box| (line_box.block, line_box.paragraph));
        let continues = |open: &OpenParagraph| of.is_none() || open.of.is_none() || of == open.of;
        if !self.paragraph.as_ref().is_some_and(continues) {
            self.end_paragraph();
        }
        let words = self.words_of(text, line_box);
        let open = self.paragraph.get_or_insert_with(|| OpenParagraph {
            text: RichText::default(),
            characters: 0,
            source,
            of: None,
        });
        open.of = of.or(open.of);
        if !open.text.text.is_empty() {
            open.text.text.push('\n');
            open.characters += 1;
        }
        let from = open.characters;
        open.text.text.push_str(text);
        open.characters += characters;
        open.source.end = source.end;
        let moved = |range: TextRange| TextRange::new(range.start + from, range.end + from);
        open.text.lines.push(Line {
            range: TextRange::new(from, from + characters),
            bounds: line_box.map(|line_box| line_box.bounds),
            confidence: line_box.and_then(|line_box| line_box.confidence),
            words: words.into_iter().map(|word| Word { range: moved(word.range), ..word }).collect(),
        });
    }

    /// The box of the next line with this text. Figures before it are added before the paragraph that it begins.
    fn box_of(&mut self, text: &str) -> Option<&'a TextBox> {
        let ahead = self.lines_and_figures.iter().skip(self.next).take(LOOK_AHEAD);
        let found =
            ahead.clone().position(|text_box| text_box.kind == BoxKind::Line && text_box.text.trim() == text)?;
        let passed = self.lines_and_figures[self.next..self.next + found].to_vec();
        let text_box = self.lines_and_figures[self.next + found];
        self.next += found + 1;
        self.figures(&passed);
        Some(text_box)
    }

    fn figures(&mut self, boxes: &[&TextBox]) {
        for figure in boxes.iter().filter(|text_box| text_box.kind == BoxKind::Figure) {
            self.end_paragraph();
            let kind = BlockKind::Figure { text: RichText::plain(figure.text.trim()) };
            self.blocks.push(Block { bounds: Some(figure.bounds), ..Block::of(kind) });
        }
    }

    /// The words of a line, with ranges relative to the start of the line.
    fn words_of(&mut self, line: &str, line_box: Option<&TextBox>) -> Vec<Word> {
        let of_line = line_box.and_then(|line_box| line_box.line).and_then(|line| self.words.get(&line));
        if let Some(words) = of_line {
            return located(line, words).0;
        }
        let (words, used) = located(line, &self.loose[self.next_loose..]);
        self.next_loose += used;
        words
    }

    fn end_paragraph(&mut self) {
        let Some(OpenParagraph { text, source, of, .. }) = self.paragraph.take() else { return };
        let region = of.and_then(|(block, _)| block);
        let alone = region.filter(|block| self.paragraphs_of.get(block).is_some_and(|all| all.len() == 1));
        let around = text.lines.iter().filter_map(|line| line.bounds).reduce(BoundingBox::union);
        let bounds = alone.and_then(|block| self.regions.get(&block).copied()).or(around);
        self.blocks.push(Block { kind: BlockKind::Paragraph { text }, bounds, source: Some(source) });
    }

    fn finish(mut self) -> PageContent {
        self.end_paragraph();
        let rest = self.lines_and_figures.split_off(self.next);
        self.figures(&rest);
        PageContent::of(self.blocks)
    }
}

/// The words that occur in `line` one after the other, and how many of `words` they are.
fn located(line: &str, words: &[&TextBox]) -> (Vec<Word>, usize) {
    let (mut byte, mut character, mut used) = (0, 0, 0);
    let mut found = Vec::new();
    for word in words {
        let text = word.text.trim();
        let Some(at) = line[byte..].find(text).filter(|_| !text.is_empty()) else {
            // Words without a line are in the text's order, so the first one that is not in this line belongs to the next.
            if word.line.is_none() {
                break;
            }
            used += 1;
            continue;
        };
        let start = character + line[byte..byte + at].chars().count() as u32;
        let end = start + text.chars().count() as u32;
        found.push(Word { range: TextRange::new(start, end), bounds: Some(word.bounds), confidence: word.confidence });
        byte += at + text.len();
        character = end;
        used += 1;
    }
    (found, used)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(x: u32, y: u32) -> BoundingBox {
        BoundingBox { x, y, width: 10, height: 5 }
    }

    fn text_box(kind: BoxKind, text: &str, at: (u32, u32), tree: (u32, u32, u32)) -> TextBox {
        TextBox {
            kind,
            bounds: bounds(at.0, at.1),
            text: text.to_owned(),
            confidence: Some(90.0),
            block: Some(tree.0),
            paragraph: Some(tree.1),
            line: (kind != BoxKind::Block).then_some(tree.2),
        }
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
        let boxes = [
            text_box(BoxKind::Block, "", (0, 0), (0, 0, 0)),
            text_box(BoxKind::Line, "Dear Ada,", (0, 0), (0, 0, 0)),
            text_box(BoxKind::Word, "Dear", (0, 0), (0, 0, 0)),
            text_box(BoxKind::Word, "Ada,", (20, 0), (0, 0, 0)),
            text_box(BoxKind::Line, "thank you", (0, 10), (0, 0, 1)),
            text_box(BoxKind::Line, "再见朋友", (0, 30), (1, 1, 2)),
            text_box(BoxKind::Word, "再见", (0, 30), (1, 1, 2)),
            text_box(BoxKind::Word, "朋友", (20, 30), (1, 1, 2)),
        ];
        let content = from_layout(text, &boxes);
        assert_eq!(lines(&content), [vec!["Dear Ada,", "thank you"], vec!["再见朋友"]]);
        let first = content.blocks[0].text().unwrap();
        let words: Vec<&str> = first.lines[0].words.iter().map(|word| word.range.slice(&first.text)).collect();
        assert_eq!(words, ["Dear", "Ada,"]);
        assert_eq!(first.lines[0].words[1].bounds, Some(bounds(20, 0)));
        let last = content.blocks[1].text().unwrap();
        assert_eq!(last.lines[0].words[1].range.slice(&last.text), "朋友");
        assert_eq!(content.blocks[1].source.unwrap().slice(text), "再见朋友");
        assert_eq!(content.blocks[1].bounds, Some(bounds(0, 30)), "no block's box: that of its lines");
    }

    #[test]
    fn the_engines_paragraphs_are_separated_also_without_an_empty_line() {
        let boxes = [
            text_box(BoxKind::Line, "one", (0, 0), (0, 0, 0)),
            text_box(BoxKind::Line, "two", (0, 10), (0, 1, 1)),
            text_box(BoxKind::Figure, "", (0, 20), (1, 2, 2)),
            text_box(BoxKind::Line, "three", (0, 30), (2, 3, 3)),
        ];
        let content = from_layout("one\ntwo\nthree", &boxes);
        assert_eq!(lines(&content), [vec!["one"], vec!["two"], vec![], vec!["three"]]);
        assert!(matches!(content.blocks[2].kind, BlockKind::Figure { .. }));
    }

    #[test]
    fn text_without_boxes_and_after_a_box_without_line_is_complete() {
        let content = from_layout("  one\ntwo \n\nthree", &[text_box(BoxKind::Line, "zwei", (0, 0), (0, 0, 0))]);
        assert_eq!(lines(&content), [vec!["one", "two"], vec!["three"]]);
        assert_eq!(content.blocks[0].source, Some(TextRange::new(2, 9)));
        assert_eq!(from_layout("", &[]), PageContent::default());
    }

    #[test]
    fn words_without_lines_are_assigned_line_by_line() {
        let word = |text: &str, x| TextBox { line: None, ..text_box(BoxKind::Word, text, (x, 0), (0, 0, 0)) };
        let boxes = [word("two", 0), word("words", 20), word("here", 0)];
        let content = from_layout("two words\nhere", &boxes);
        let text = content.blocks[0].text().unwrap();
        let words: Vec<Vec<&str>> = text
            .lines
            .iter()
            .map(|line| line.words.iter().map(|word| word.range.slice(&text.text)).collect())
            .collect();
        assert_eq!(words, [vec!["two", "words"], vec!["here"]]);
    }
}
