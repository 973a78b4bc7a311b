//! DeepSeek-OCR. Source: its README and `DeepSeek-OCR-vllm`, <https://github.com/deepseek-ai/DeepSeek-OCR>, and vLLM's
//! recipe for it. The `<image>\n` of its scripts corresponds to the chat API's image part.

use std::borrow::Cow;

use inkstream_core::{image::ImageEncoding, ports::ReadRequest};
use inkstream_wire::Task;
use serde_json::{Map, Value, json};

use super::family::{ATTEMPTS, DPI, Family, PartOrder, Size, TEMPERATURES};
use crate::{control_tokens, parse::Grounding};

pub(super) static FAMILY: Family = Family {
    name: "deepseek-ocr",
    model_names: &["deepseek-ocr"],
    tasks: &[Task::Markdown, Task::Text, Task::Layout, Task::Locate, Task::Figure, Task::Describe],
    // Stock servers support only gundam, so the smaller sizes are emulated by smaller images.
    sizes: &[
        Size { name: "tiny", max_side: Some(512) },
        Size { name: "small", max_side: Some(640) },
        Size { name: "base", max_side: Some(1024) },
        Size { name: "large", max_side: Some(1280) },
        Size { name: "gundam", max_side: None },
    ],
    system: None,
    prompt,
    order: PartOrder::ImageFirst,
    dpi: DPI,
    // Gundam has 2 to 6 tiles of 640 pixels, so at most 1,920 a side unless the page is a strip.
    max_side: 2048,
    format: ImageEncoding::Jpeg,
    temperatures: TEMPERATURES,
    // The context is 8,192 tokens in all, of which the image takes up to 1,156.
    max_tokens: Some(6_500),
    extra,
    attempts: ATTEMPTS,
    image_tokens: 1_600,
    parser: |input| Box::new(Grounding::new(input.request.task, input.image.width, input.image.height)),
};

fn prompt(request: &ReadRequest) -> Option<Cow<'static, str>> {
    Some(Cow::Borrowed(match request.task {
        Task::Markdown => "<|grounding|>Convert the document to markdown.",
        Task::Text => "Free OCR.",
        Task::Layout => "<|grounding|>OCR this image.",
        Task::Figure => "Parse the figure.",
        Task::Describe => "Describe this image in detail.",
        Task::Locate => {
            let reference = request.reference.as_deref()?.trim();
            return Some(Cow::Owned(format!(
                "Locate <|ref|>{}<|/ref|> in the image.",
                control_tokens::broken_up(reference)
            )));
        }
    }))
}

/// Keeps special tokens in the answer, because its tags are some of them. `vllm_xargs` prevents repetitions of 30 tokens within a
/// window of 90, except for `<td>` and `</td>` (128821, 128822). Older vLLM versions refuse lists in it; operators can replace it.
fn extra() -> Map<String, Value> {
    let arguments = json!({"ngram_size": 30, "window_size": 90, "whitelist_token_ids": [128_821, 128_822]});
    Map::from_iter([("skip_special_tokens".to_owned(), Value::Bool(false)), ("vllm_xargs".to_owned(), arguments)])
}
