//! `LightOnOCR`-3. Source: `lightonocr/client.py`, `lightonocr/models.py`, `lightonocr/grounding.py` and the README,
//! <https://github.com/lightonai/LightOnOCR>. Version 3 alone has the mode that tells where each block is.

use std::borrow::Cow;

use inkstream_core::image::ImageEncoding;
use inkstream_wire::Task;
use serde_json::{Map, Value, json};

use super::family::{ATTEMPTS, DPI, Family, PartOrder};
use crate::parse::{Fence, MarkerLayout};

pub(super) static FAMILY: Family = Family {
    name: "lightonocr-3",
    model_names: &["lightonocr-3"],
    tasks: &[Task::Markdown, Task::Layout],
    sizes: &[],
    system: None,
    prompt: |request| match request.task {
        // The model gets the image alone.
        Task::Markdown => Some(Cow::Borrowed("")),
        Task::Layout => Some(Cow::Borrowed("grounding")),
        _ => None,
    },
    order: PartOrder::ImageFirst,
    dpi: DPI,
    // The models of 0.8B and 4B were trained on it; that of 1B scales images down itself, to 1,540.
    max_side: 2048,
    format: ImageEncoding::Png,
    temperatures: &[0.2, 0.4, 0.6],
    // Their makers set no limit, and serve the models with a context of 16,384 or 18,000 tokens.
    max_tokens: Some(8_192),
    extra,
    attempts: ATTEMPTS,
    image_tokens: 5_400,
    parser: |input| match input.request.task {
        Task::Layout => Box::new(MarkerLayout::new(input.image.width, input.image.height)),
        task => Box::new(Fence::new(task)),
    },
};

/// The models of 0.8B and 4B were trained without thinking; the chat template of the other ignores the flag.
fn extra() -> Map<String, Value> {
    let template = json!({"enable_thinking": false});
    Map::from_iter([("top_p".to_owned(), json!(1.0)), ("chat_template_kwargs".to_owned(), template)])
}
