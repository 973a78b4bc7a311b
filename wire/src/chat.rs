//! `OpenAI`'s dialect: what `/v1/chat/completions` and `/v1/models` answer.
//!
//! Names and shapes are those of <https://platform.openai.com/docs/api-reference/chat>; `boxes`, `pages`,
//! `annotated_image`, `warnings` and a model's `state`, `since` and `profile` are additions.

use serde::{Deserialize, Serialize};

use crate::{EngineCondition, PageWarning, SizeMode, TextBox};

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatCompletion {
    /// `chatcmpl-…`.
    pub id: String,
    /// `chat.completion`.
    pub object: String,
    /// When it began, in seconds since 1970.
    pub created: i64,
    /// The model that read.
    pub model: String,
    /// The answer; always one.
    pub choices: Vec<ChatChoice>,
    /// What it used.
    pub usage: ChatUsage,
    /// Recognised places, when asked for.
    #[serde(flatten)]
    pub places: Option<ChatPlaces>,
    /// The pages with their places drawn, when asked for.
    #[serde(flatten)]
    pub drawn: Option<ChatDrawn>,
    /// What may be wrong with the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<ChatWarning>,
}

/// What may be wrong with the text of one of the request's pictures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatWarning {
    /// Which of the request's pictures and files, from 1.
    pub image: u32,
    /// The page within it, from 1.
    pub page: u32,
    /// What it is.
    #[serde(flatten)]
    pub warning: PageWarning,
}

/// The answer's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatChoice {
    /// 0.
    pub index: u32,
    /// The text.
    pub message: ChatMessage,
    /// Why it ended.
    pub finish_reason: FinishReason,
}

/// A message of the server's.
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
    /// The text of a page, at least, is cut, or may be.
    Length,
    /// The engine's provider withheld text of a page, at least.
    ContentFilter,
}

/// What an answer used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatUsage {
    /// Tokens sent to the engine, pictures included.
    pub prompt_tokens: u64,
    /// Tokens that the engine made.
    pub completion_tokens: u64,
    /// Both together.
    pub total_tokens: u64,
    /// True where the engine reported no tokens, and they were estimated from characters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

/// The places of an answer, and the pictures that they are in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatPlaces {
    /// Recognised places, page after page.
    pub boxes: Vec<ChatBox>,
    /// The pages that were read, in order.
    pub pages: Vec<ChatPage>,
}

/// A recognised place in one of the request's pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatBox {
    /// Which of the request's pictures and files, from 1.
    pub image: u32,
    /// The page within it, from 1.
    pub page: u32,
    /// What is there.
    #[serde(flatten)]
    pub place: TextBox,
}

/// A page that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatPage {
    /// Which of the request's pictures and files, from 1.
    pub image: u32,
    /// The page within it, from 1.
    pub page: u32,
    /// The size mode that was really applied, where the engine has such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_applied: Option<SizeMode>,
    /// Width in pixels of the picture that was read: boxes are in its pixels.
    pub width: u32,
    /// Its height.
    pub height: u32,
}

/// The pages of an answer as pictures, with their places drawn on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatDrawn {
    /// The first page as a PNG in a data URI.
    pub annotated_image: String,
    /// Every page, where there is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotated_images: Vec<ChatDrawnPage>,
}

/// A page as a picture, with its places drawn on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatDrawnPage {
    /// Which of the request's pictures and files, from 1.
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
    /// What the answer used, on the last chunk, when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<ChatUsage>,
    /// Recognised places, on the chunk with the finish reason, when asked for.
    #[serde(flatten)]
    pub places: Option<ChatPlaces>,
    /// The pages with their places drawn, on the same chunk, when asked for.
    #[serde(flatten)]
    pub drawn: Option<ChatDrawn>,
    /// What may be wrong with the text, on the same chunk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<ChatWarning>,
}

/// The next part of a streamed answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChunkChoice {
    /// 0.
    pub index: u32,
    /// What is to be appended.
    pub delta: ChunkDelta,
    /// Why the answer ended; null before its end.
    pub finish_reason: Option<FinishReason>,
}

/// What is to be appended.
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

/// The models that there are.
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
    /// Now, in seconds since 1970: models here have no date of their own.
    pub created: i64,
    /// `inkstream`.
    pub owned_by: String,
    /// How it fares.
    pub state: EngineCondition,
    /// Since when it is so, RFC 3339 in UTC.
    pub since: String,
    /// How it is asked: the profile of its model family, such as `olmocr`; an embedded engine's own name.
    pub profile: String,
}

/// An error, in an answer's body or as an event of its stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatError {
    /// What went wrong.
    pub error: ChatErrorBody,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatErrorBody {
    /// In a sentence.
    pub message: String,
    /// What kind of error: `invalid_request_error`, `rate_limit_error`, `insufficient_quota`, `permission_error` or
    /// `server_error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The field of the request that is wrong, where one is.
    pub param: Option<String>,
    /// In one word: `OpenAI`'s where it has one (`model_not_found`, `invalid_api_key`, `rate_limit_exceeded`,
    /// `insufficient_quota`), else [`crate::ErrorCode`]'s.
    pub code: Option<String>,
}
