//! Documents and their pages.

use inkstream_content::PageContent;
use serde::{Deserialize, Serialize};

use crate::{DocumentId, EventError, RunId, TextBox, Usage};

/// Image or PDF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// An image of one or (TIFF) several pages.
    Image,
    /// A PDF.
    Pdf,
}

/// The answer to `POST /api/documents`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stored {
    /// The new document.
    pub document_id: DocumentId,
    /// Image or PDF.
    pub kind: DocumentKind,
    /// How many pages it has.
    pub pages: u32,
}

/// A stored document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Document {
    /// The document.
    pub document_id: DocumentId,
    /// The name it was uploaded under, without folders.
    pub filename: String,
    /// Image or PDF.
    pub kind: DocumentKind,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many pages it has.
    pub pages: u32,
    /// How many of them were read completely. `missing` reads the others.
    pub pages_done: u32,
    /// Upload time, RFC 3339 in UTC.
    pub created_at: String,
    /// When it will be deleted, RFC 3339 in UTC.
    pub expires_at: String,
    /// A signed URL of its result, to which `&format=` may be added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_url: Option<String>,
}

/// The answer to `GET /api/documents`, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Documents {
    /// The documents.
    pub documents: Vec<Document>,
}

/// A document with its pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentDetail {
    /// The document.
    #[serde(flatten)]
    pub document: Document,
    /// Its pages, in order. The name is `page_list` because `pages` is their number.
    pub page_list: Vec<Page>,
}

/// The status of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PageStatus {
    /// Not read yet.
    Pending,
    /// Being read.
    Running,
    /// Read.
    Done,
    /// Read, but text may be missing: the engine stopped before the page's end. `warnings` tell why; `text` is what it returned.
    Partial,
    /// The last run failed.
    Failed,
    /// The last run was stopped before the page's end; `text` is what was read until then.
    Aborted,
}

impl PageStatus {
    /// Whether the engine ended the page itself, even too early.
    pub const fn has_result(self) -> bool {
        matches!(self, Self::Done | Self::Partial)
    }
}

/// What a model reports about a page beside its text: olmOCR's front matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageMetadata {
    /// The language of most of its text, as ISO 639-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_language: Option<String>,
    /// Whether the page is upright.
    pub is_rotation_valid: bool,
    /// The rotation that would make it upright, clockwise in degrees: 0, 90, 180 or 270.
    pub rotation_correction: u16,
    /// Whether most of it is a table.
    pub is_table: bool,
    /// Whether most of it is a diagram.
    pub is_diagram: bool,
}

/// A warning about a page's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageWarning {
    /// The code for programs.
    pub code: WarningCode,
    /// A sentence for people.
    pub message: String,
}

impl PageWarning {
    /// A warning with its message.
    pub fn new(code: WarningCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The kinds of [`PageWarning`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// The file is truncated, so the missing part of the page was not read.
    TruncatedImage,
    /// The file holds further images, such as the frames of an animation: only the first was read.
    FirstImageOnly,
    /// The engine is unsure of most words.
    LowConfidence,
    /// The page is not blank, but no text was found on it.
    NoText,
    /// The engine stopped at its limit or at the requested one, so the end of the text is missing.
    TruncatedText,
    /// The engine's provider withheld text.
    Filtered,
    /// The engine stopped for an unknown reason, so text may be missing.
    UnknownFinish,
    /// The page is in a script of which no language is installed, so its text is wrong.
    ScriptNotInstalled,
    /// The script of the page could not be found, so its text may be wrong.
    ScriptUnknown,
    /// A kind that this client does not know.
    #[serde(other)]
    Other,
}

impl WarningCode {
    /// Whether the engine stopped before the page's end, so that the page is [`PageStatus::Partial`].
    pub const fn is_partial(self) -> bool {
        matches!(self, Self::TruncatedText | Self::Filtered | Self::UnknownFinish)
    }
}

/// One attempt at a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageAttempt {
    /// The model.
    pub model: String,
    /// `ok`, or why the attempt failed: `unreachable`, `timeout`, `refused`, `busy`, `limited` (429), `failed`, `broken`,
    /// `protocol`, `invalid` (empty, or not in the model's format), `repetition`, `too_complex`, `crashed`.
    pub outcome: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Tokens sent, 0 if the engine did not report them.
    pub prompt_tokens: u64,
    /// Tokens generated, 0 if the engine did not report them.
    pub completion_tokens: u64,
}

/// The answer to `GET /api/documents/{id}/pages/{n}`: a page with its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageDetail {
    /// The page.
    #[serde(flatten)]
    pub page: Page,
    /// Its content: blocks in reading order with their lines, words and tables; absent if nothing was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<PageContent>,
}

/// A page with its latest result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page {
    /// Its number, from 1.
    pub page: u32,
    /// Its status.
    pub status: PageStatus,
    /// Width of the page image in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height of the page image in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Resolution of the page image in dots per inch, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f32>,
    /// The recognized text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// A person's correction, kept beside the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<String>,
    /// The boxes of its text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<TextBox>,
    /// Mean confidence, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// Why the engine stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// The usage of reading it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<EventError>,
    /// The run that read it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The model that read it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Rotation of the page image, clockwise in degrees: 90, 180 or 270.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<u16>,
    /// What the model reported about the page beside its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<PageMetadata>,
    /// Warnings about its text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<PageWarning>,
    /// The attempts of the run that read it last, in order, if there was more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<PageAttempt>,
    /// A signed URL of its image, to which `&width=` may be added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// A signed URL of its annotated image, once the page has been read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotated_url: Option<String>,
}
