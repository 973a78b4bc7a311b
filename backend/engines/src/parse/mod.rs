//! Parses a model's answer into the page's text. Each model family wraps the text in its own markup.
//!
//! An [`AnswerParser`] takes the answer as it streams, and emits text as soon as it is certainly text. What may turn out to be a tag
//! is held back, within bounds.

mod boxes;
mod fence;
mod front_matter;
mod grounding;
mod marked;
mod special;
mod thinking;

use inkstream_core::{
    image::PageImage,
    ports::{EngineError, ReadRequest},
};
use inkstream_wire::{PageMetadata, PixelBox, TextBox};

pub use self::grounding::ground;
pub(crate) use self::thinking::ThinkingFilter;
use self::{fence::Fence, front_matter::FrontMatter, grounding::Grounding, marked::MarkedParts};
use crate::{config::OpenAiConfig, profile::Profile};

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
    /// Bounding boxes, in the image's pixels.
    pub(crate) boxes: Vec<TextBox>,
    /// The page's metadata, as the model reports it.
    pub(crate) metadata: Option<PageMetadata>,
    /// Whether an empty text is plausible: the model reports that there is none, or the configuration dropped all of it.
    pub(crate) may_be_empty: bool,
}

/// The parser of one answer, by model family.
pub(crate) enum AnswerParser {
    /// Removes a code fence around the answer.
    Fence(Fence),
    /// Drops marked parts.
    Marked(MarkedParts),
    /// Parses the front matter.
    FrontMatter(FrontMatter),
    /// Turns grounding tags into boxes.
    Grounding(Grounding),
}

impl AnswerParser {
    /// The parser of an answer to this request.
    pub(crate) fn new(config: &OpenAiConfig, image: &PageImage, request: &ReadRequest) -> Self {
        match config.profile {
            Profile::Plain => Self::Fence(Fence::new(request.task)),
            Profile::NanonetsOcrS => Self::Marked(MarkedParts::new(config.page_numbers, config.watermarks)),
            Profile::OlmOcr => Self::FrontMatter(FrontMatter::new(request)),
            Profile::DeepseekOcr => Self::Grounding(Grounding::new(request.task, image.width, image.height)),
        }
    }

    /// Takes a delta of the answer, and appends the text that is now certain to `out`.
    pub(crate) fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) -> Result<(), EngineError> {
        match self {
            Self::Fence(fence) => fence.push(delta, out),
            Self::Marked(marked) => marked.push(delta, out),
            Self::FrontMatter(front_matter) => return front_matter.push(delta, out),
            Self::Grounding(grounding) => grounding.push(delta, out),
        }
        Ok(())
    }

    /// Ends the answer, with this finish reason, and appends the text that was held back.
    pub(crate) fn finish(self, reason: Option<&str>, out: &mut Vec<TextChunk>) -> Result<ParsedAnswer, EngineError> {
        match self {
            Self::Fence(fence) => Ok(fence.finish(out)),
            Self::Marked(marked) => Ok(marked.finish(out)),
            Self::FrontMatter(front_matter) => front_matter.finish(reason, out),
            Self::Grounding(grounding) => Ok(grounding.finish(out)),
        }
    }
}

#[cfg(test)]
mod tests;
