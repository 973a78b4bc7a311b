//! `LightOnOCR`, versions 1 to 3. Source: `lightonocr/client.py` and `lightonocr/models.py`,
//! <https://github.com/lightonai/LightOnOCR>, and the card of `lightonai/LightOnOCR-2-1B`. The mode "grounding" of version 3 is not used.

use std::borrow::Cow;

use inkstream_core::image::ImageEncoding;
use inkstream_wire::Task;
use serde_json::{Map, Value, json};

use super::family::{ATTEMPTS, Family, PartOrder};
use crate::parse::Fence;

pub(super) static FAMILY: Family = Family {
    name: "lightonocr",
    model_names: &["lightonocr"],
    tasks: &[Task::Markdown],
    sizes: &[],
    system: None,
    // The model gets the image alone.
    prompt: |request| (request.task == Task::Markdown).then_some(Cow::Borrowed("")),
    order: PartOrder::ImageFirst,
    // The 1B models scale larger images down themselves. Version 3 of 0.8B and 4B was trained on 2,048: `max_side` sets that.
    max_side: 1540,
    format: ImageEncoding::Png,
    temperatures: &[0.2, 0.4, 0.6],
    max_tokens: Some(4096),
    extra,
    attempts: ATTEMPTS,
    image_tokens: 3_100,
    parser: |input| Box::new(Fence::new(input.request.task)),
};

/// Some models of version 3 were trained without thinking; the chat templates of the others ignore the flag.
fn extra() -> Map<String, Value> {
    let template = json!({"enable_thinking": false});
    Map::from_iter([("top_p".to_owned(), json!(0.9)), ("chat_template_kwargs".to_owned(), template)])
}
