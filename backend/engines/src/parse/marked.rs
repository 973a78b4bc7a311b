//! Drops parts of a page that Nanonets-OCR-s marks: page numbers and watermarks.

use inkstream_core::ports::EngineError;

use super::{AnswerParser, ParsedAnswer, TextChunk};
use crate::config::Marked;

/// The maximum length of a marked part in bytes, tags included. A tag that is not closed within it is text.
const MAX_PART: usize = 1_024;

const PAGE_NUMBER: Tag = Tag { open: "<page_number>", close: "</page_number>" };
const WATERMARK: Tag = Tag { open: "<watermark>", close: "</watermark>" };

/// Drops marked parts with their tags.
pub(crate) struct MarkedParts {
    dropped: Vec<Tag>,
    held: String,
    has_dropped: bool,
}

#[derive(Clone, Copy)]
struct Tag {
    open: &'static str,
    close: &'static str,
}

/// The classification of a text that begins with `<`.
enum Start {
    /// A marked part, with its length in bytes.
    Part(usize),
    /// The beginning of what may be a marked part.
    Incomplete,
    /// Plain text.
    Text,
}

impl MarkedParts {
    /// Keeps or drops each kind of part.
    pub(crate) fn new(page_numbers: Marked, watermarks: Marked) -> Self {
        let kinds = [(page_numbers, PAGE_NUMBER), (watermarks, WATERMARK)];
        let dropped = kinds.into_iter().filter(|(marked, _)| *marked == Marked::Drop).map(|(_, tag)| tag).collect();
        Self { dropped, held: String::new(), has_dropped: false }
    }

    fn classify(&self, text: &str) -> Start {
        if let Some(tag) = self.dropped.iter().find(|tag| text.starts_with(tag.open)) {
            let within = &text[..text.floor_char_boundary(MAX_PART)];
            return match within.find(tag.close) {
                Some(at) => Start::Part(at + tag.close.len()),
                None if within.len() < text.len() => Start::Text,
                None => Start::Incomplete,
            };
        }
        if self.dropped.iter().any(|tag| tag.open.starts_with(text)) { Start::Incomplete } else { Start::Text }
    }
}

impl AnswerParser for MarkedParts {
    fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) -> Result<(), EngineError> {
        if self.dropped.is_empty() || (self.held.is_empty() && !delta.contains('<')) {
            out.push(delta.into());
            return Ok(());
        }
        self.held.push_str(&delta);
        let mut text = String::new();
        let mut rest = self.held.as_str();
        while let Some(at) = rest.find('<') {
            text.push_str(&rest[..at]);
            rest = &rest[at..];
            match self.classify(rest) {
                Start::Part(length) => {
                    self.has_dropped = true;
                    rest = &rest[length..];
                }
                Start::Incomplete => break,
                Start::Text => {
                    text.push('<');
                    rest = &rest[1..];
                }
            }
        }
        if !rest.starts_with('<') {
            text.push_str(rest);
            rest = "";
        }
        self.held = rest.to_owned();
        if !text.is_empty() {
            out.push(text.into());
        }
        Ok(())
    }

    fn finish(self: Box<Self>, _reason: Option<&str>, out: &mut Vec<TextChunk>) -> Result<ParsedAnswer, EngineError> {
        if !self.held.is_empty() {
            out.push(self.held.into());
        }
        Ok(ParsedAnswer { may_be_empty: self.has_dropped, ..ParsedAnswer::default() })
    }
}
