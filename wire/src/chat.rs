//! The answers of the `OpenAI` API: `/v1/chat/completions` and `/v1/models`.
//!
//! Names and shapes are those of <https://platform.openai.com/docs/api-reference/chat>; `boxes`, `pages`,
//! `annotated_image`, `warnings` and a model's `state`, `since` and `profile` are additions.

use serde::{Deserialize, Serialize};

use crate::{EngineCondition, PageWarning, SizeMode, TextBox};

/// An answer that is not streamed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatCompletion {
    /// `chatcmpl-…`.
    pub id: String,
    /// `chat.completion`.
    pub object: String,
    /// When the answer began, in seconds since 1970.
    pub created: i64,
    /// The model that read.
    pub model: String,
    /// The answer; always one.
    pub choices: Vec<ChatChoice>,
    /// The usage.
    pub usage: ChatUsage,
    /// The boxes, if requested.
    #[serde(flatten)]
    pub boxes: Option<ChatBoxes>,
    /// The annotated images, if requested.
    #[serde(flatten)]
    pub annotations: Option<ChatAnnotations>,
    /// Warnings about the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<ChatWarning>,
}

/// A warning about the text of one of the request's images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatWarning {
    /// The number of the request's image or file, from 1.
    pub image: u32,
    /// The page within it, from 1.
    pub page: u32,
    /// The warning.
    #[serde(flatten)]
    pub warning: PageWarning,
}

/// The answer's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatChoice {
    /// Always 0.
    pub index: u32,
    /// The text.
    pub message: ChatMessage,
    /// Why it ended.
    pub finish_reason: FinishReason,
}

/// The answer's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatMessage {
    /// `assistant`.
    pub role: String,
    /// The text.
    pub content: String,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// Everything was read.
    #[default]
    Stop,
    /// The text of at least one page is truncated, or may be.
    Length,
    /// The engine's provider withheld text of at least one page.
    ContentFilter,
}

/// The usage of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatUsage {
    /// Tokens sent to the engine, images included.
    pub prompt_tokens: u64,
    /// Tokens that the engine generated.
    pub completion_tokens: u64,
    /// Both together.
    pub total_tokens: u64,
    /// True if the engine reported no tokens, so that they were estimated from characters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

/// The boxes of an answer, and the pages that they are on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatBoxes {
    /// The boxes, page by page.
    pub boxes: Vec<ChatBox>,
    /// The pages that were read, in order.
    pub pages: Vec<ChatPage>,
}

/// A box on a page of one of the request's images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatBox {
    /// The number of the request's image or file, from 1.
    pub image: u32,
    /// The page within it, from 1.
    pub page: u32,
    /// The box.
    #[serde(flatten)]
    pub text_box: TextBox,
}

/// A page that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatPage {
    /// The number of the request's image or file, from 1.
    pub image: u32,
    /// The page within it, from 1.
    pub page: u32,
    /// The size mode that was applied, if the engine has size modes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_applied: Option<SizeMode>,
    /// Width in pixels of the page image, in whose pixels the boxes are.
    pub width: u32,
    /// Height of the page image.
    pub height: u32,
}

/// The annotated page images of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatAnnotations {
    /// The first page as a PNG in a data URI.
    pub annotated_image: String,
    /// Every page, if there is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotated_images: Vec<ChatAnnotatedPage>,
}

/// An annotated page image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatAnnotatedPage {
    /// The number of the request's image or file, from 1.
    pub image: u32,
    /// The page within it, from 1.
    pub page: u32,
    /// A PNG in a data URI.
    pub annotated_image: String,
}

/// A part of a streamed answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatChunk {
    /// `chatcmpl-…`, the same on each chunk.
    pub id: String,
    /// `chat.completion.chunk`.
    pub object: String,
    /// When the answer began, in seconds since 1970.
    pub created: i64,
    /// The model that reads.
    pub model: String,
    /// The next part of the answer; empty on the chunk with the usage.
    pub choices: Vec<ChunkChoice>,
    /// The usage, on the last chunk, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<ChatUsage>,
    /// The boxes, on the chunk with the finish reason, if requested.
    #[serde(flatten)]
    pub boxes: Option<ChatBoxes>,
    /// The annotated images, on the same chunk, if requested.
    #[serde(flatten)]
    pub annotations: Option<ChatAnnotations>,
    /// Warnings about the text, on the same chunk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<ChatWarning>,
}

/// The next part of a streamed answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChunkChoice {
    /// Always 0.
    pub index: u32,
    /// The text to append.
    pub delta: ChunkDelta,
    /// Why the answer ended; null before its end.
    pub finish_reason: Option<FinishReason>,
}

/// The text to append.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChunkDelta {
    /// `assistant`, on the first chunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// The list of models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatModels {
    /// `list`.
    pub object: String,
    /// The models, the default one first.
    pub data: Vec<ChatModel>,
}

/// A model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatModel {
    /// Its name, as `model` takes it.
    pub id: String,
    /// `model`.
    pub object: String,
    /// The current time in seconds since 1970, because models here have no date.
    pub created: i64,
    /// `inkstream`.
    pub owned_by: String,
    /// Whether its engine can read.
    pub state: EngineCondition,
    /// When the state began, RFC 3339 in UTC.
    pub since: String,
    /// The profile of its requests: of its model family, such as `olmocr`, or an embedded engine's own name.
    pub profile: String,
}

/// An error in an answer's body or as an event of its stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatError {
    /// The error.
    pub error: ChatErrorBody,
}

/// The error's message and code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatErrorBody {
    /// A sentence for people.
    pub message: String,
    /// The kind of error: `invalid_request_error`, `rate_limit_error`, `insufficient_quota`, `permission_error` or
    /// `server_error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The invalid field of the request, if any.
    pub param: Option<String>,
    /// A code for programs: `OpenAI`'s if it has one (`model_not_found`, `invalid_api_key`, `rate_limit_exceeded`,
    /// `insufficient_quota`), else [`crate::ErrorCode`]'s.
    pub code: Option<String>,
}
