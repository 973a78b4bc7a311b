//! Nanonets-OCR-s, a Qwen2.5-VL of 3B. Source: its model card, <https://huggingface.co/nanonets/Nanonets-OCR-s>.

use std::borrow::Cow;

use inkstream_core::image::ImageEncoding;
use inkstream_wire::Task;
use serde_json::Map;

use super::family::{ATTEMPTS, DPI, Family, PartOrder, TEMPERATURES};
use crate::parse::MarkedParts;

pub(super) static FAMILY: Family = Family {
    name: "nanonets-ocr-s",
    model_names: &["nanonets-ocr"],
    // The model was trained on this one prompt, which asks for Markdown with HTML tables: plain text is not supported.
    tasks: &[Task::Markdown],
    sizes: &[],
    system: Some("You are a helpful assistant."),
    prompt: |request| (request.task == Task::Markdown).then_some(Cow::Borrowed(MARKDOWN)),
    order: PartOrder::ImageFirst,
    dpi: DPI,
    max_side: 1280,
    format: ImageEncoding::Jpeg,
    temperatures: TEMPERATURES,
    max_tokens: Some(8000),
    extra: Map::new,
    attempts: ATTEMPTS,
    image_tokens: 2_500,
    parser: |input| Box::new(MarkedParts::new(input.config.page_numbers, input.config.watermarks)),
};

const MARKDOWN: &str = "Extract the text from the above document as if you were reading it naturally. Return the \
    tables in html format. Return the equations in LaTeX representation. If there is an image in the document and \
    image caption is not present, add a small description of the image inside the <img></img> tag; otherwise, add the \
    image caption inside <img></img>. Watermarks should be wrapped in brackets. Ex: <watermark>OFFICIAL \
    COPY</watermark>. Page numbers should be wrapped in brackets. Ex: <page_number>14</page_number> or \
    <page_number>9/22</page_number>. Prefer using ☐ and ☑ for check boxes.";
