//! Parses a model's answer into the page's text. Each model family wraps the text in its own markup; its profile names the parser.
//!
//! An [`AnswerParser`] takes the answer as it streams, and emits text as soon as it is certainly text. What may turn out to be a tag
//! is held back, within bounds.

mod boxes;
mod fence;
mod front_matter;
mod grounding;
mod html_layout;
mod image_boxes;
mod json_layout;
mod json_repair;
mod layout_page;
mod marked;
mod marker_layout;
mod plain_start;
mod special;
mod thinking;

use inkstream_content::Occurrence;
use inkstream_core::{
    image::PageImage,
    ports::{EngineError, PageStructure, ReadRequest},
};
use inkstream_wire::{PageMetadata, PixelBox};

pub use self::grounding::ground;
pub(crate) use self::{
    fence::Fence, front_matter::FrontMatter, grounding::Grounding, html_layout::HtmlLayout, image_boxes::ImageBoxes,
    json_layout::JsonLayout, marked::MarkedParts, marker_layout::MarkerLayout, thinking::ThinkingFilter,
};
use crate::config::OpenAiConfig;

/// A chunk of the page's text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextChunk {
    pub(crate) text: String,
    /// The text's bounding box in the image, in pixels, if known.
    pub(crate) bounds: Option<PixelBox>,
}

impl From<String> for TextChunk {
    fn from(text: String) -> Self {
        Self { text, bounds: None }
    }
}

/// The parts of an answer beside its text.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ParsedAnswer {
    /// What the model located, in the image's pixels.
    pub(crate) structure: PageStructure,
    /// The occurrences of the reference, in the image's pixels.
    pub(crate) occurrences: Vec<Occurrence>,
    /// The page's metadata, as the model reports it.
    pub(crate) metadata: Option<PageMetadata>,
    /// Whether an empty text is plausible: the model reports that there is none, or the configuration dropped all of it.
    pub(crate) may_be_empty: bool,
    /// Whether the answer ends within its markup or violates it, so that text may be missing whatever the finish reason says.
    pub(crate) breaks_off: bool,
}

/// What a parser may depend on.
pub(crate) struct ParserInput<'a> {
    pub(crate) config: &'a OpenAiConfig,
    pub(crate) image: &'a PageImage,
    pub(crate) request: &'a ReadRequest,
}

/// Parses one answer while it streams.
pub(crate) trait AnswerParser: Send {
    /// Takes a delta of the answer, and appends the text that is now certain to `out`.
    fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) -> Result<(), EngineError>;

    /// Ends the answer, with this finish reason, and appends the text that was held back.
    fn finish(self: Box<Self>, reason: Option<&str>, out: &mut Vec<TextChunk>) -> Result<ParsedAnswer, EngineError>;
}

#[cfg(test)]
mod layout_tests;
#[cfg(test)]
mod tests;
