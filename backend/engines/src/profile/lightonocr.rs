//! `LightOnOCR`, versions 1 and 2. Source: `lightonocr/client.py` and `lightonocr/models.py`,
//! <https://github.com/lightonai/LightOnOCR>, and the cards of `lightonai/LightOnOCR-2-1B` and, for the boxes of images,
//! `lightonai/LightOnOCR-2-1B-bbox-soup`, <https://huggingface.co/lightonai/LightOnOCR-2-1B-bbox-soup>.

use std::borrow::Cow;

use inkstream_core::image::ImageEncoding;
use inkstream_wire::Task;
use serde_json::{Map, Value, json};

use super::family::{ATTEMPTS, DPI, Family, PartOrder};
use crate::parse::{Fence, ImageBoxes};

pub(super) static FAMILY: Family = Family {
    name: "lightonocr",
    model_names: &["lightonocr"],
    tasks: &[Task::Markdown],
    sizes: &[],
    system: None,
    // The model gets the image alone.
    prompt: |request| (request.task == Task::Markdown).then_some(Cow::Borrowed("")),
    order: PartOrder::ImageFirst,
    dpi: DPI,
    // The models scale larger images down themselves.
    max_side: 1540,
    format: ImageEncoding::Png,
    temperatures: &[0.2, 0.4, 0.6],
    max_tokens: Some(4096),
    extra,
    attempts: ATTEMPTS,
    image_tokens: 3_100,
    parser: |input| {
        let fence = Fence::new(input.request.task);
        Box::new(ImageBoxes::new(fence, input.image.width, input.image.height))
    },
};

/// The makers' client sends the flag to every version; the chat templates of these ignore it.
fn extra() -> Map<String, Value> {
    let template = json!({"enable_thinking": false});
    Map::from_iter([("top_p".to_owned(), json!(0.9)), ("chat_template_kwargs".to_owned(), template)])
}
