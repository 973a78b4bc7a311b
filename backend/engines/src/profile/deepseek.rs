//! DeepSeek-OCR. Source: its README and `DeepSeek-OCR-vllm`, <https://github.com/deepseek-ai/DeepSeek-OCR>, and vLLM's
//! recipe for it. The `<image>\n` of its own scripts is the chat API's picture part here.

use std::borrow::Cow;

use inkstream_core::{image::ImageEncoding, ports::ReadRequest};
use inkstream_wire::{SizeMode, Task};
use serde_json::{Map, Value, json};

use super::family::{ATTEMPTS, Family, PartOrder, TEMPERATURES};

pub(super) static FAMILY: Family = Family {
    tasks: &[Task::Markdown, Task::Text, Task::Layout, Task::Locate, Task::Figure, Task::Describe],
    sizes: &SizeMode::ALL,
    system: None,
    prompt,
    order: PartOrder::PictureFirst,
    // Stock servers run gundam alone, whose tiles of 640 are 2 to 6 and at most 1,920 a side when no side is a strip;
    // the smaller sizes are emulated by smaller pictures.
    max_side: 2048,
    format: ImageEncoding::Jpeg,
    temperatures: TEMPERATURES,
    // Its context is 8,192 tokens in all, of which a picture takes up to 1,156.
    max_tokens: Some(6_500),
    extra,
    attempts: ATTEMPTS,
    picture_tokens: 1_600,
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
            return Some(Cow::Owned(format!("Locate <|ref|>{}<|/ref|> in the image.", harmless(reference))));
        }
    }))
}

/// A caller's text without the model's control tokens: they begin with `<|`, or with the same and a full-width bar.
fn harmless(text: &str) -> String {
    text.replace("<|", "< |").replace("<｜", "< ｜")
}

/// The answer's tags are special tokens. The rest keeps repetitions of 30 tokens within 90 away, but for `<td>` and
/// `</td>` (128821, 128822); older vLLM refuses lists in it, so that operators may replace it.
fn extra() -> Map<String, Value> {
    let arguments = json!({"ngram_size": 30, "window_size": 90, "whitelist_token_ids": [128_821, 128_822]});
    Map::from_iter([("skip_special_tokens".to_owned(), Value::Bool(false)), ("vllm_xargs".to_owned(), arguments)])
}
