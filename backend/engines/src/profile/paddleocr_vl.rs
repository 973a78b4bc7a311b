//! `PaddleOCR`-VL, versions 1 and 1.5. Source: vLLM's recipe, <https://recipes.vllm.ai/PaddlePaddle/PaddleOCR-VL-1.5>. Paddle's own pipeline cuts a
//! page into elements with a layout model first, which is not done here: a page is read whole, and its tables come as text.

use std::borrow::Cow;

use inkstream_core::image::ImageEncoding;
use inkstream_wire::Task;
use serde_json::Map;

use super::family::{ATTEMPTS, DPI, Family, PartOrder, TEMPERATURES};
use crate::parse::Fence;

pub(super) static FAMILY: Family = Family {
    name: "paddleocr-vl",
    model_names: &["paddleocr-vl"],
    tasks: &[Task::Text, Task::Figure],
    sizes: &[],
    system: None,
    prompt: |request| prompt(request.task).map(Cow::Borrowed),
    order: PartOrder::ImageFirst,
    dpi: DPI,
    max_side: 1540,
    format: ImageEncoding::Jpeg,
    temperatures: TEMPERATURES,
    max_tokens: None,
    extra: Map::new,
    attempts: ATTEMPTS,
    image_tokens: 3_100,
    parser: |input| Box::new(Fence::new(input.request.task)),
};

fn prompt(task: Task) -> Option<&'static str> {
    match task {
        Task::Text => Some("OCR:"),
        Task::Figure => Some("Chart Recognition:"),
        _ => None,
    }
}
