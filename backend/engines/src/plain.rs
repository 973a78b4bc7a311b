//! How a model is asked of which nothing is known but that it sees pictures and follows instructions.

use inkstream_core::picture::{PictureFormat, PictureSpec};
use inkstream_wire::Task;

/// The tasks; the first is the default.
pub(crate) const TASKS: [Task; 2] = [Task::Markdown, Task::Text];

/// The longest side in pixels. An A4 page has its 10-point letters 18 pixels high at it, and costs about 1,000 to
/// 2,300 tokens in Qwen2.5-VL's and `InternVL`'s way of counting; the model families' own sizes are 1,024 to 1,540.
const MAX_SIDE: u32 = 1540;

/// The shortest side in pixels: one patch of Qwen2-VL's grid. vLLM fails on pictures below it.
const MIN_SIDE: u32 = 28;

/// Dots per inch of a rendered PDF page, where the caller has no wish.
const DPI: f32 = 150.0;

/// What is asked for where neither caller nor operator gave a prompt; `None` for a task of [`TASKS`]' outside.
pub(crate) fn prompt(task: Task) -> Option<&'static str> {
    match task {
        Task::Markdown => Some(
            "Convert this page to Markdown. Keep the reading order and every word as it is written. Write headings, \
             lists and emphasis as Markdown, tables as Markdown tables (as HTML where cells span), formulas as LaTeX. \
             Answer with the page's content alone, without comments and without a code fence.",
        ),
        Task::Text => Some(
            "Read all text on this page. Keep the reading order, the line breaks and every word as it is written. \
             Answer with the plain text alone, without formatting and without comments.",
        ),
        Task::Layout | Task::Locate | Task::Figure | Task::Describe => None,
    }
}

/// The picture: colour, since a model may use it, as JPEG, which is a tenth of PNG on photographs.
pub(crate) fn picture(dpi: Option<f32>) -> PictureSpec {
    PictureSpec {
        dpi: dpi.unwrap_or(DPI),
        max_width: None,
        max_side: Some(MAX_SIDE),
        min_side: MIN_SIDE,
        format: PictureFormat::Jpeg,
        colour: true,
        rotation: 0,
    }
}
