//! Parses Chandra's answers: HTML in which each element of the page is a `div` with `data-label` and `data-bbox`.
//!
//! The answer becomes Markdown, one block after the other, and the page's content. Source of what each label means, and of what is left
//! out: `chandra/output.py` of Chandra.

use inkstream_content::{Block, BlockKind, HtmlPart, HtmlReader, TextRange};
use inkstream_core::ports::{EngineError, ReadRequest};

use super::{
    AnswerParser, ParsedAnswer, TextChunk, boxes,
    layout_page::{Joint, Label, LayoutPage},
    plain_start::{PlainStart, Start},
};

/// Turns the HTML into text and content.
pub(crate) struct HtmlLayout {
    start: PlainStart,
    reader: HtmlReader,
    page: LayoutPage,
    /// The right and the bottom edge in the coordinates of `data-bbox`.
    edge: f64,
    width: u32,
    height: u32,
    is_blank: bool,
    /// Whether an element has begun.
    has_elements: bool,
}

impl HtmlLayout {
    /// The parser of an answer to this request for an image of this size in pixels. Bounds are 0 to `edge`, whatever the image's size.
    pub(crate) fn new(request: &ReadRequest, edge: f64, width: u32, height: u32) -> Self {
        Self {
            start: PlainStart::new(request, &["<"]),
            reader: HtmlReader::default(),
            page: LayoutPage::default(),
            edge,
            width,
            height,
            is_blank: false,
            has_elements: false,
        }
    }

    fn add(&mut self, parts: Vec<HtmlPart>, out: &mut Vec<TextChunk>) {
        for part in parts {
            match part {
                HtmlPart::Begin { label, bounds } => {
                    self.has_elements = true;
                    let numbers =
                        |letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | '-' | '+' | 'e' | 'E');
                    let corners = boxes::four(bounds.split(numbers).filter(|number| !number.is_empty()));
                    let bounds =
                        corners.and_then(|corners| boxes::to_pixels(corners, [self.edge; 2], self.width, self.height));
                    self.page.begin(Label::parse(&label), bounds);
                }
                HtmlPart::Block(block) => self.add_block(block, out),
                HtmlPart::End => self.page.end(),
            }
        }
    }

    fn add_block(&mut self, block: Block, out: &mut Vec<TextChunk>) {
        let label = self.page.element().map_or(Label::Other, |element| element.label);
        // What is said of a blank page is the model's, as are images within text.
        if label == Label::Blank {
            self.is_blank = true;
            return;
        }
        // The end of a code fence around the whole answer.
        if self.page.element().is_none() && block.plain_text() == "```" {
            return;
        }
        let has_images = label == Label::Figure || self.page.element().is_none();
        if matches!(block.kind, BlockKind::Figure { .. }) && !has_images {
            return;
        }
        let mut block = label.apply(block);
        let text = block.markdown();
        block.source = Some(TextRange::new(0, text.chars().count() as u32));
        self.page.add(&text, vec![block], Joint::Block, out);
    }
}

impl AnswerParser for HtmlLayout {
    fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) -> Result<(), EngineError> {
        match self.start.push(delta)? {
            Start::Unknown => {}
            Start::Plain(text) => out.push(text.into()),
            Start::Marked(html) => {
                let parts = self.reader.push(&html);
                self.add(parts, out);
            }
        }
        Ok(())
    }

    fn finish(
        mut self: Box<Self>,
        _reason: Option<&str>,
        out: &mut Vec<TextChunk>,
    ) -> Result<ParsedAnswer, EngineError> {
        if let Some(held) = self.start.finish()? {
            out.extend((!held.is_empty()).then(|| held.into()));
            return Ok(ParsedAnswer::default());
        }
        let (parts, is_whole) = std::mem::take(&mut self.reader).finish();
        self.add(parts, out);
        Ok(ParsedAnswer {
            structure: self.page.finish(),
            may_be_empty: self.is_blank,
            breaks_off: !(is_whole && self.has_elements),
            ..ParsedAnswer::default()
        })
    }
}
