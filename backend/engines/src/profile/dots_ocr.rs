//! dots.ocr and dots.mocr. Source: `dots_ocr/utils/prompts.py` (`prompt_ocr`) and `dots_ocr/model/inference.py`,
//! <https://github.com/rednote-hilab/dots.ocr>. The prompts that answer with a layout as JSON are not used.

use std::borrow::Cow;

use inkstream_core::image::ImageEncoding;
use inkstream_wire::Task;
use serde_json::{Map, Value, json};

use super::family::{ATTEMPTS, Family, PartOrder};
use crate::parse::Fence;

pub(super) static FAMILY: Family = Family {
    name: "dots-ocr",
    model_names: &["dots.ocr", "dots.mocr", "dots-ocr", "dots-mocr", "dotsocr", "dotsmocr"],
    tasks: &[Task::Text],
    sizes: &[],
    system: None,
    prompt: |request| (request.task == Task::Text).then_some(Cow::Borrowed(TEXT)),
    order: PartOrder::ImageFirst,
    // A4 at the 200 dpi that its makers recommend.
    max_side: 2339,
    format: ImageEncoding::Png,
    temperatures: &[0.1, 0.3, 0.6],
    // Its makers allow 32,768, of which a page needs a fraction; as many would be reserved of a user's quota.
    max_tokens: Some(16_384),
    extra,
    attempts: ATTEMPTS,
    image_tokens: 5_000,
    parser: |input| Box::new(Fence::new(input.request.task)),
};

/// Without the image's placeholder vLLM puts a line feed before the text, as its makers note.
const TEXT: &str = "<|img|><|imgpad|><|endofimg|>Extract the text content from this image.";

fn extra() -> Map<String, Value> {
    Map::from_iter([("top_p".to_owned(), json!(0.9))])
}
