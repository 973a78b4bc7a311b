use std::borrow::Cow;

use inkstream_core::{
    image::{ImageEncoding, ImageSpec},
    ports::{Prompt, ReadRequest},
};
use inkstream_wire::{SizeMode, Task};
use serde_json::{Map, Value};

use crate::{
    control_tokens,
    parse::{AnswerParser, ParserInput},
};

/// The minimum length of an image's shortest side in pixels: one patch of Qwen2-VL's grid. vLLM fails on smaller images.
const MIN_SIDE: u32 = 28;

/// The resolution of a rendered PDF page in dots per inch, where the family's makers recommend none: an A4 page is 1,754 pixels high.
pub(super) const DPI: f32 = 150.0;

/// The maximum number of attempts where the family's makers recommend none.
pub(super) const ATTEMPTS: u32 = 3;

/// For families whose makers recommend temperature 0. A retry at 0 would fail in the same way, so retries are warmer.
pub(super) const TEMPERATURES: &[f32] = &[0.0, 0.3, 0.6];

/// How to query a model family, and how to parse its answers.
pub(crate) struct Family {
    /// The profile's name in settings.
    pub(crate) name: &'static str,
    /// Parts of its models' names by which they are recognized, in lower case.
    pub(crate) model_names: &'static [&'static str],
    /// The supported tasks; the first is the default.
    pub(crate) tasks: &'static [Task],
    /// The size modes, the smallest first. The last one is the default.
    pub(crate) sizes: &'static [Size],
    /// The system message.
    pub(crate) system: Option<&'static str>,
    /// The prompt where neither caller nor operator gave one; `None` for an unsupported task.
    pub(super) prompt: fn(&ReadRequest) -> Option<Cow<'static, str>>,
    /// The order of image and text in the user message.
    pub(crate) order: PartOrder,
    /// The resolution of a rendered PDF page in dots per inch.
    pub(super) dpi: f32,
    /// The maximum length of the image's longest side in pixels.
    pub(super) max_side: u32,
    /// The image's encoding.
    pub(super) format: ImageEncoding,
    /// Temperatures by attempt. The last one is used for all further attempts.
    pub(crate) temperatures: &'static [f32],
    /// The maximum number of tokens of an answer; `None` leaves the limit to the server.
    pub(crate) max_tokens: Option<u32>,
    /// Extra request fields of this family.
    pub(crate) extra: fn() -> Map<String, Value>,
    /// The maximum number of attempts at a page.
    pub(crate) attempts: u32,
    /// The maximum number of tokens of a page's image and prompt.
    pub(crate) image_tokens: u64,
    /// Creates the parser of an answer.
    pub(crate) parser: fn(&ParserInput<'_>) -> Box<dyn AnswerParser>,
}

/// A size mode.
pub(crate) struct Size {
    /// Its name, as callers give it in `size`.
    pub(crate) name: &'static str,
    /// The maximum length of the image's longest side in pixels; `None` for the family's.
    pub(super) max_side: Option<u32>,
}

/// The order of image and text in the user message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartOrder {
    /// The image, then the text.
    ImageFirst,
    /// The text, then the image.
    TextFirst,
}

impl Family {
    /// The caller's prompt, the operator's, or the task's.
    pub(crate) fn prompt<'a>(&self, request: &'a ReadRequest) -> Option<Cow<'a, str>> {
        match &request.prompt {
            Some(Prompt::Caller(text)) => Some(self.published(text).unwrap_or_else(|| control_tokens::broken_up(text))),
            Some(Prompt::Operator(text)) => Some(Cow::Borrowed(text)),
            None => (self.prompt)(request),
        }
    }

    /// The published prompt of one of the tasks, if a text is that: clients that were written for the model itself send it, with the
    /// image's placeholder before it and white space around it.
    fn published(&self, text: &str) -> Option<Cow<'static, str>> {
        const REFERENCE: &str = "REFERENCE";
        let text = text.trim();
        let text = text.strip_prefix("<image>").unwrap_or(text).trim_start();
        self.tasks.iter().find_map(|task| {
            let prompt = |reference: &str| {
                (self.prompt)(&ReadRequest { reference: Some(reference.to_owned()), ..ReadRequest::new(*task) })
            };
            let own = prompt(REFERENCE)?;
            match own.split_once(REFERENCE) {
                Some((before, after)) => prompt(text.strip_prefix(before)?.strip_suffix(after)?),
                None => (own == text && !text.is_empty()).then_some(own),
            }
        })
    }

    /// The size mode of this request: the requested one if supported, else the default.
    pub(crate) fn size(&self, request: &ReadRequest) -> Option<&'static Size> {
        let requested = request.size.as_ref().map(SizeMode::as_str);
        self.sizes.iter().find(|size| Some(size.name) == requested).or(self.sizes.last())
    }

    /// The image spec of this attempt, in colour, since models can use it. The operator's `max_side` does not apply if a size mode
    /// decides the size.
    pub(crate) fn image_spec(&self, request: &ReadRequest, dpi: Option<f32>, max_side: Option<u32>) -> ImageSpec {
        let max_side = self.size(request).and_then(|size| size.max_side).or(max_side).unwrap_or(self.max_side);
        ImageSpec {
            dpi: dpi.unwrap_or(self.dpi),
            max_width: None,
            max_side: Some(max_side),
            min_side: MIN_SIDE,
            format: self.format,
            colour: true,
            rotation: request.rotation,
            // Every server that takes images takes both formats. WebP is not among them: llama.cpp does not read it.
            original: true,
        }
    }

    /// The temperature of this attempt. `steps` are the operator's, if configured.
    pub(crate) fn temperature(&self, attempt: u32, steps: Option<&[f32]>) -> f32 {
        let steps = steps.unwrap_or(self.temperatures);
        steps.get(attempt as usize).or(steps.last()).copied().unwrap_or_default()
    }
}
