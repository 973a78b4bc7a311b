//! GLM-OCR of Z.ai. Source: the prompts and the image of `page_loader` in `glmocr/config.yaml` of its SDK, and the README for sampling,
//! <https://github.com/zai-org/GLM-OCR>. (The SDK's own default is a temperature of 0.8, with which two readings differ.) The SDK also cuts a
//! page into regions with a layout model, which is not done here: a page is read whole, as with the SDK's `enable_layout: false`.

use std::borrow::Cow;

use inkstream_core::image::ImageEncoding;
use inkstream_wire::Task;
use serde_json::Map;

use super::family::{ATTEMPTS, Family, PartOrder};
use crate::parse::Fence;

pub(super) static FAMILY: Family = Family {
    name: "glm-ocr",
    model_names: &["glm-ocr"],
    tasks: &[Task::Markdown, Task::Text],
    sizes: &[],
    system: None,
    prompt: |request| prompt(request.task).map(Cow::Borrowed),
    order: PartOrder::ImageFirst,
    dpi: 200.0,
    // A4 at the SDK's 200 dpi.
    max_side: 2339,
    format: ImageEncoding::Jpeg,
    temperatures: &[0.01, 0.4, 0.8],
    max_tokens: Some(16_384),
    extra: Map::new,
    attempts: ATTEMPTS,
    // `image_expect_length`.
    image_tokens: 6_144,
    parser: |input| Box::new(Fence::new(input.request.task)),
};

fn prompt(task: Task) -> Option<&'static str> {
    match task {
        Task::Markdown => Some(
            "Recognize the text in the image and output in Markdown format. Preserve the original layout \
             (headings/paragraphs/tables/formulas). Do not fabricate content that does not exist in the image.\n",
        ),
        Task::Text => Some("Text Recognition:"),
        _ => None,
    }
}
