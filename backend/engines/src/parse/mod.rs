//! From what a model says to the page's text: each family wraps it in something of its own.
//!
//! A [`AnswerParser`] is fed with the answer as it comes and gives text as soon as that is surely text; what may yet turn out
//! to be a tag is held back, within bounds.

mod fence;
mod front_matter;
mod grounding;
mod marked;
mod places;
mod special;

use inkstream_core::{
    image::PageImage,
    ports::{EngineError, ReadRequest},
};
use inkstream_wire::{PageMetadata, PixelBox, TextBox};

pub use self::grounding::ground;
use self::{fence::Fence, front_matter::FrontMatter, grounding::Grounding, marked::MarkedParts};
use crate::{config::OpenAiConfig, profile::Profile};

/// A piece of the page's text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextChunk {
    /// The text.
    pub(crate) text: String,
    /// Where it stands in the picture, if known.
    pub(crate) bounds: Option<PixelBox>,
}

impl From<String> for TextChunk {
    fn from(text: String) -> Self {
        Self { text, bounds: None }
    }
}

/// What an answer held beside its text.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ParsedAnswer {
    /// Places, in the picture's pixels.
    pub(crate) boxes: Vec<TextBox>,
    /// What the model said of the page.
    pub(crate) metadata: Option<PageMetadata>,
    /// Whether the model has said that there is no text, or all of it was left out as the operator wants it.
    pub(crate) may_be_empty: bool,
}

/// Reads the text out of an answer.
pub(crate) enum AnswerParser {
    /// Takes a code fence off.
    Fence(Fence),
    /// Leaves marked parts out.
    Marked(MarkedParts),
    /// Takes the front matter off.
    FrontMatter(FrontMatter),
    /// Makes boxes of tags.
    Grounding(Grounding),
}

impl AnswerParser {
    /// The cleaner of an answer to this request.
    pub(crate) fn new(config: &OpenAiConfig, image: &PageImage, request: &ReadRequest) -> Self {
        match config.profile {
            Profile::Plain => Self::Fence(Fence::new(request.task)),
            Profile::NanonetsOcrS => Self::Marked(MarkedParts::new(config.page_numbers, config.watermarks)),
            Profile::OlmOcr => Self::FrontMatter(FrontMatter::new(request)),
            Profile::DeepseekOcr => Self::Grounding(Grounding::new(request.task, image.width, image.height)),
        }
    }

    /// Takes what was added to the answer, and adds what is text now to `out`.
    pub(crate) fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) -> Result<(), EngineError> {
        match self {
            Self::Fence(fence) => fence.push(delta, out),
            Self::Marked(marked) => marked.push(delta, out),
            Self::FrontMatter(front_matter) => return front_matter.push(delta, out),
            Self::Grounding(grounding) => grounding.push(delta, out),
        }
        Ok(())
    }

    /// The answer is at its end, for this reason.
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
