use std::borrow::Cow;

use inkstream_core::{
    image::{ImageEncoding, ImageSpec},
    ports::ReadRequest,
};
use inkstream_wire::{SizeMode, Task};
use serde_json::{Map, Value};

/// The shortest side in pixels of any picture that is sent: one patch of Qwen2-VL's grid. vLLM fails on pictures below it.
const MIN_SIDE: u32 = 28;

/// Dots per inch of a rendered PDF page, where the caller has no wish: an A4 page is 1,754 pixels high.
const DPI: f32 = 150.0;

/// Attempts at a page, where the family's makers do not say.
pub(super) const ATTEMPTS: u32 = 3;

/// Where the family's makers say 0: an answer that went wrong at 0 goes wrong again at it, so that the next are warmer.
pub(super) const TEMPERATURES: &[f32] = &[0.0, 0.3, 0.6];

/// What is known of a model family.
pub(crate) struct Family {
    /// Tasks it can do; the first is its default.
    pub(crate) tasks: &'static [Task],
    /// Sizes it has, the smallest first.
    pub(crate) sizes: &'static [SizeMode],
    /// What stands before the user's message.
    pub(crate) system: Option<&'static str>,
    /// What is asked for, where neither caller nor operator gave a prompt; `None` for what it cannot do.
    pub(super) prompt: fn(&ReadRequest) -> Option<Cow<'static, str>>,
    /// What comes first in the user's message.
    pub(crate) order: PartOrder,
    /// The picture's longest side in pixels.
    pub(super) max_side: u32,
    /// How the picture is encoded.
    pub(super) format: ImageEncoding,
    /// By attempt; the last one stays.
    pub(crate) temperatures: &'static [f32],
    /// Most tokens of an answer; `None` leaves it to the server.
    pub(crate) max_tokens: Option<u32>,
    /// Fields of the request that no other family has.
    pub(crate) extra: fn() -> Map<String, Value>,
    /// Most attempts at a page.
    pub(crate) attempts: u32,
    /// Tokens that a page's picture and prompt come to at most.
    pub(crate) picture_tokens: u64,
}

/// What comes first in the user's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartOrder {
    /// The picture.
    PictureFirst,
    /// The text.
    TextFirst,
}

impl Family {
    /// The caller's prompt, or the task's.
    pub(crate) fn prompt<'a>(&self, request: &'a ReadRequest) -> Option<Cow<'a, str>> {
        request.prompt.as_deref().map(Cow::Borrowed).or_else(|| (self.prompt)(request))
    }

    /// The size that is applied to this request's picture: what was asked for, else the largest.
    pub(crate) fn size(&self, request: &ReadRequest) -> Option<SizeMode> {
        request.size.filter(|size| self.sizes.contains(size)).or(self.sizes.last().copied())
    }

    /// The picture of this attempt, in colour, since a model may use it. `max_side` is the operator's; a size that was
    /// asked for is what it is.
    pub(crate) fn image_spec(&self, request: &ReadRequest, dpi: Option<f32>, max_side: Option<u32>) -> ImageSpec {
        let max_side = self.size(request).and_then(side).or(max_side).unwrap_or(self.max_side);
        ImageSpec {
            dpi: dpi.unwrap_or(DPI),
            max_width: None,
            max_side: Some(max_side),
            min_side: MIN_SIDE,
            format: self.format,
            colour: true,
            rotation: request.rotation,
        }
    }

    /// The temperature of this attempt. `steps` are the operator's.
    pub(crate) fn temperature(&self, attempt: u32, steps: Option<&[f32]>) -> f32 {
        let steps = steps.unwrap_or(self.temperatures);
        steps.get(attempt as usize).or(steps.last()).copied().unwrap_or_default()
    }
}

/// The longest side of a size's picture, in pixels; gundam takes what the profile gives.
const fn side(size: SizeMode) -> Option<u32> {
    match size {
        SizeMode::Tiny => Some(512),
        SizeMode::Small => Some(640),
        SizeMode::Base => Some(1024),
        SizeMode::Large => Some(1280),
        SizeMode::Gundam => None,
    }
}
