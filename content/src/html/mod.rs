//! Content from HTML that a vision model streams: `<div data-label="…" data-bbox="…">` around a small subset of HTML, as Chandra writes it.
//!
//! The HTML is untrusted. Only whole tags and texts are handled, each by html5ever's tokenizer; no tree is built, so hostile nesting has no
//! cost. A known tag never becomes text, and an unknown one stays text, so that no word of the page is lost. The blocks are the same
//! however the HTML is split.

mod blocks;
mod pieces;

use html5ever::tokenizer::Tag;

use self::{blocks::BlockBuilder, pieces::Piece};
use crate::{
    Block,
    markdown::html::{self, Tokens, tokenize},
};

/// What was parsed.
#[derive(Debug, Clone, PartialEq)]
pub enum HtmlPart {
    /// A layout block begins: a `div` with these attributes. It may be within another one.
    Begin {
        /// `data-label`.
        label: String,
        /// `data-bbox`.
        bounds: String,
    },
    /// A block of the innermost open layout block, or of none.
    Block(Block),
    /// The innermost layout block ends.
    End,
}

/// Parses HTML as it comes.
#[derive(Default)]
pub struct HtmlReader {
    held: String,
    blocks: BlockBuilder,
}

impl HtmlReader {
    /// Takes a part of the HTML, and returns what is complete now.
    pub fn push(&mut self, html: &str) -> Vec<HtmlPart> {
        self.held.push_str(html);
        self.parse(false);
        self.blocks.take()
    }

    /// Ends the HTML. Returns the rest, and whether the HTML is whole: otherwise a layout block, a table, a code or a tag is not closed, or
    /// a table was too large.
    pub fn finish(mut self) -> (Vec<HtmlPart>, bool) {
        let ends_in_text = self.parse(true);
        let is_whole = self.blocks.close() && ends_in_text;
        (self.blocks.take(), is_whole)
    }

    /// Parses what is held. At the end, returns whether it ends outside of tags; an incomplete tag is dropped.
    fn parse(&mut self, at_end: bool) -> bool {
        let held = std::mem::take(&mut self.held);
        let mut rest = held.as_str();
        while let Some(piece) = pieces::next(rest, at_end) {
            match piece {
                Piece::Text(text) => {
                    self.blocks.characters(&decoded(text));
                    rest = &rest[text.len()..];
                }
                Piece::Tag(source) => {
                    if let Some(tag) = tag(source) {
                        self.blocks.tag(source, &tag);
                    }
                    rest = &rest[source.len()..];
                }
                Piece::Broken(source) => {
                    self.blocks.is_broken = true;
                    rest = &rest[source.len()..];
                }
            }
        }
        if at_end {
            return rest.is_empty();
        }
        self.held.push_str(rest);
        true
    }
}

/// The text with resolved character references, without control characters.
fn decoded(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut text = html::text(text);
    text.retain(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'));
    text
}

/// The tag; `None` for a comment.
fn tag(source: &str) -> Option<Tag> {
    struct First(Option<Tag>);
    impl Tokens for First {
        fn tag(&mut self, tag: &Tag) {
            self.0.get_or_insert_with(|| tag.clone());
        }

        fn characters(&mut self, _text: &str) {}
    }
    tokenize(source, First(None)).0
}

#[cfg(test)]
mod tests;
