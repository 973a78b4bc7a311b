//! Parses `LightOnOCR`-3's grounding mode: `![label](x1,y1,x2,y2) text` for each element of the page. The text is Markdown and goes on until
//! the next marker; a `+` behind the label says that it continues the element before it.
//!
//! Source: `lightonocr/grounding.py` of `LightOnOCR`.

use inkstream_content::{Block, BlockKind, from_markdown};
use inkstream_core::ports::EngineError;

use super::{
    AnswerParser, ParsedAnswer, TextChunk, boxes,
    json_layout::markdown,
    layout_page::{Joint, Label, LayoutPage},
};

/// The maximum length of a marker in bytes. Longer ones are text.
const MAX_MARKER: usize = 128;
/// The right and the bottom edge in the model's coordinates.
const EDGE: f64 = 1000.0;

/// Removes the markers from an answer and turns them into the page's content.
pub(crate) struct MarkerLayout {
    held: String,
    /// The number of bytes that were searched for a marker.
    searched: usize,
    page: LayoutPage,
    joint: Joint,
    label: Label,
    width: u32,
    height: u32,
    breaks_off: bool,
}

/// A marker at the start of a text.
struct Marker<'a> {
    label: &'a str,
    continues: bool,
    corners: [f64; 4],
    /// Its length in bytes.
    length: usize,
}

impl MarkerLayout {
    /// The parser of an answer for an image of this size in pixels.
    pub(crate) fn new(width: u32, height: u32) -> Self {
        Self {
            held: String::new(),
            searched: 0,
            page: LayoutPage::default(),
            joint: Joint::Block,
            label: Label::Other,
            width,
            height,
            breaks_off: false,
        }
    }

    /// Adds each element whose end has come.
    fn parse_held(&mut self, out: &mut Vec<TextChunk>) {
        while let Some(found) = self.held[self.searched..].find("![") {
            let at = self.searched + found;
            let Some(Marker { label, continues, corners, length }) = marker(&self.held[at..]) else {
                if is_cut_marker(&self.held[at..]) {
                    self.searched = at;
                    return;
                }
                self.searched = at + 2;
                continue;
            };
            let (label, joint) = (Label::parse(label), if continues { Joint::Continuation } else { Joint::Block });
            let text: String = self.held.drain(..at + length).collect();
            self.add(&text[..at], out);
            self.page.end();
            (self.label, self.joint, self.searched) = (label, joint, 0);
            self.page.begin(label, boxes::to_pixels(corners, [EDGE; 2], self.width, self.height));
        }
        // The last character may begin a marker.
        self.searched = self.held.floor_char_boundary(self.held.len().saturating_sub(1));
    }

    /// Adds the text of the open element.
    fn add(&mut self, text: &str, out: &mut Vec<TextChunk>) {
        let text = markdown(self.label, text);
        if !text.is_empty() {
            let blocks = from_markdown(&text, Vec::new()).blocks;
            let mut blocks: Vec<_> = blocks.into_iter().map(|block| self.label.apply(block)).collect();
            // The text of an image describes it.
            if let ([Block { kind, .. }], Label::Figure) = (blocks.as_mut_slice(), self.label)
                && let BlockKind::Paragraph { text } = kind
            {
                *kind = BlockKind::Figure { text: std::mem::take(text) };
            }
            self.page.add(&text, blocks, self.joint, out);
        }
    }
}

/// The marker that the text begins with, and the blanks behind it.
fn marker(text: &str) -> Option<Marker<'_>> {
    let within = &text[..text.floor_char_boundary(MAX_MARKER)];
    let (label, rest) = within.strip_prefix("![")?.split_once("](")?;
    let (corners, behind) = rest.split_once(')')?;
    let corners = boxes::four(corners.split(','))?;
    let (label, continues) = label.strip_suffix('+').map_or((label, false), |label| (label, true));
    let is_label = label.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let length = within.len() - behind.len();
    is_label.then_some(Marker { label, continues, corners, length })
}

impl AnswerParser for MarkerLayout {
    fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) -> Result<(), EngineError> {
        self.held.push_str(&delta);
        self.parse_held(out);
        Ok(())
    }

    fn finish(
        mut self: Box<Self>,
        _reason: Option<&str>,
        out: &mut Vec<TextChunk>,
    ) -> Result<ParsedAnswer, EngineError> {
        let held = std::mem::take(&mut self.held);
        let mut text = held.as_str();
        // A marker that was cut. Its coordinates are no text.
        if let Some(at) = text.rfind("![").filter(|at| is_cut_marker(&text[*at..])) {
            text = &text[..at];
            self.breaks_off = true;
        }
        self.add(text, out);
        self.page.end();
        Ok(ParsedAnswer { structure: self.page.finish(), breaks_off: self.breaks_off, ..ParsedAnswer::default() })
    }
}

/// Whether the text, which begins like a marker, can go on to be one.
fn is_cut_marker(text: &str) -> bool {
    text.len() <= MAX_MARKER
        && match text.split_once(']') {
            None => text[2..].bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+')),
            Some((_, "")) => true,
            Some((_, rest)) => rest.strip_prefix('(').is_some_and(|numbers| {
                numbers.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b' ' | b'.'))
            }),
        }
}
