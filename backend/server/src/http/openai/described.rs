//! The request as `/openapi.json` describes it. [`super::request`] parses it by hand, because unknown fields are ignored.

use inkstream_wire::{SizeMode, Task, TextLayer};
use serde_json::Value;
use utoipa::ToSchema;

/// A request as `OpenAI`'s clients send it. Fields that are not named here are passed over.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body, which is read field by field")]
pub(super) struct ChatRequest {
    /// A model of `GET /v1/models`; left out: the server's default.
    model: Option<String>,
    /// The conversation. The images of the user's messages after the last answer are read.
    messages: Vec<ChatRequestMessage>,
    /// Whether the answer is sent as it is read.
    stream: Option<bool>,
    #[schema(inline)]
    stream_options: Option<ChatStreamOptions>,
    /// Most tokens of the whole answer.
    max_tokens: Option<u64>,
    /// The same, by its newer name; of both the narrower holds.
    max_completion_tokens: Option<u64>,
    #[schema(inline)]
    task: Option<Task>,
    #[schema(inline)]
    size: Option<SizeMode>,
    /// What `locate` looks for.
    reference: Option<String>,
    /// Whether the boxes are returned beside `choices`.
    boxes: Option<bool>,
    /// Whether annotated page images are returned; at most 8 pages.
    annotate: Option<bool>,
    /// Languages of the pages, joined by `+`: `en`, `eng+deu`. Or `auto`: they are found on each page.
    language: Option<String>,
    /// Which pages of each file: `1-3,7`.
    pages: Option<String>,
    /// Resolution to render PDF pages at, in dots per inch.
    dpi: Option<f32>,
    #[schema(inline)]
    text_layer: Option<TextLayer>,
    /// Whether words that are hyphenated at line ends are joined.
    dehyphenate: Option<bool>,
    /// The options from `task` on, as some clients send them.
    extra_body: Option<Value>,
}

/// A message of the conversation.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body, which is read field by field")]
pub(super) struct ChatRequestMessage {
    /// `system`, `developer`, `user` or `assistant`.
    role: String,
    /// A text, or parts: `{type: "text", text}`, `{type: "image_url", image_url: {url}}`, `{type: "file", file: {file_data}}`, or the
    /// Responses API's `input_text`, `input_image` and `input_file`; images and files as base64 data URIs, images also by an http(s)
    /// address where the operator allows it.
    content: Value,
}

/// Options of a stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body, which is read field by field")]
pub(super) struct ChatStreamOptions {
    /// Whether the last chunk tells the usage.
    include_usage: Option<bool>,
}
