//! olmOCR, prompted without anchor text. Source: `build_no_anchoring_v4_yaml_prompt` in `olmocr/prompts/prompts.py` and
//! `olmocr/pipeline.py`, <https://github.com/allenai/olmocr>.

use std::borrow::Cow;

use inkstream_core::image::ImageEncoding;
use inkstream_wire::Task;
use serde_json::Map;

use super::family::{DPI, Family, PartOrder};
use crate::parse::FrontMatter;

pub(super) static FAMILY: Family = Family {
    name: "olmocr",
    model_names: &["olmocr"],
    tasks: &[Task::Markdown],
    sizes: &[],
    system: None,
    prompt: |request| (request.task == Task::Markdown).then_some(Cow::Borrowed(MARKDOWN)),
    order: PartOrder::TextFirst,
    dpi: DPI,
    max_side: 1288,
    format: ImageEncoding::Png,
    temperatures: &[0.1, 0.1, 0.2, 0.3, 0.5, 0.8, 0.9, 1.0],
    max_tokens: Some(8000),
    extra: Map::new,
    attempts: 8,
    image_tokens: 2_500,
    parser: |input| Box::new(FrontMatter::new(input.request)),
};

const MARKDOWN: &str = "Attached is one page of a document that you must process. Just return the plain text \
    representation of this document as if you were reading it naturally. Convert equations to LateX and tables to \
    HTML.\nIf there are any figures or charts, label them with the following markdown syntax ![Alt text describing the \
    contents of the figure](page_startx_starty_width_height.png)\nReturn your output as markdown, with a front matter \
    section on top specifying values for the primary_language, is_rotation_valid, rotation_correction, is_table, and \
    is_diagram parameters.";
