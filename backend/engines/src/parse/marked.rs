//! The parts of a page that Nanonets-OCR-s marks: page numbers and watermarks.

use super::{ParsedAnswer, TextChunk};
use crate::config::Marked;

/// The longest part, tags included: a tag that is not closed soon is taken for text.
const MAX_PART: usize = 1_024;

const PAGE_NUMBER: Tag = Tag { open: "<page_number>", close: "</page_number>" };
const WATERMARK: Tag = Tag { open: "<watermark>", close: "</watermark>" };

/// Leaves marked parts out, whole.
pub(crate) struct MarkedParts {
    dropped: Vec<Tag>,
    held: String,
    left_out: bool,
}

#[derive(Clone, Copy)]
struct Tag {
    open: &'static str,
    close: &'static str,
}

/// What a text that begins with `<` is.
enum Start {
    /// A marked part of so many bytes.
    Part(usize),
    /// It may yet become one.
    Unclear,
    /// Text.
    Text,
}

impl MarkedParts {
    /// Both kinds as the operator wants them.
    pub(super) fn new(page_numbers: Marked, watermarks: Marked) -> Self {
        let kinds = [(page_numbers, PAGE_NUMBER), (watermarks, WATERMARK)];
        let dropped = kinds.into_iter().filter(|(marked, _)| *marked == Marked::Drop).map(|(_, tag)| tag).collect();
        Self { dropped, held: String::new(), left_out: false }
    }

    pub(super) fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) {
        if self.dropped.is_empty() || (self.held.is_empty() && !delta.contains('<')) {
            out.push(delta.into());
            return;
        }
        self.held.push_str(&delta);
        let mut text = String::new();
        let mut rest = self.held.as_str();
        while let Some(at) = rest.find('<') {
            text.push_str(&rest[..at]);
            rest = &rest[at..];
            match self.start(rest) {
                Start::Part(length) => {
                    self.left_out = true;
                    rest = &rest[length..];
                }
                Start::Unclear => break,
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
    }

    pub(super) fn finish(self, out: &mut Vec<TextChunk>) -> ParsedAnswer {
        if !self.held.is_empty() {
            out.push(self.held.into());
        }
        ParsedAnswer { may_be_empty: self.left_out, ..ParsedAnswer::default() }
    }

    fn start(&self, text: &str) -> Start {
        if let Some(tag) = self.dropped.iter().find(|tag| text.starts_with(tag.open)) {
            let within = &text[..text.floor_char_boundary(MAX_PART)];
            return match within.find(tag.close) {
                Some(at) => Start::Part(at + tag.close.len()),
                None if within.len() < text.len() => Start::Text,
                None => Start::Unclear,
            };
        }
        if self.dropped.iter().any(|tag| tag.open.starts_with(text)) { Start::Unclear } else { Start::Text }
    }
}
