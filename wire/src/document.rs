//! Documents and their pages.

use inkstream_content::PageContent;
use serde::{Deserialize, Serialize};

use crate::{DocumentId, EventError, RunId, TextBox, Usage};

/// Picture or PDF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// A picture of one or (TIFF) several pages.
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
    /// Picture or PDF.
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
    /// Picture or PDF.
    pub kind: DocumentKind,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many pages it has.
    pub pages: u32,
    /// How many of them were read whole; what `missing` reads are the others.
    pub pages_done: u32,
    /// Upload time, RFC 3339 in UTC.
    pub created_at: String,
    /// When it will be deleted, RFC 3339 in UTC.
    pub expires_at: String,
    /// Where its result may be had for a while without a token; add `&format=`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_url: Option<String>,
}

/// The answer to `GET /api/documents`: latest first.
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
    /// Its pages, in order; `page_list` because `pages` is their number.
    pub page_list: Vec<Page>,
}

/// Where a page stands.
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
    /// Read, and text is missing: the engine stopped before the page's end. `warnings` say why; `text` is what had come.
    Partial,
    /// The last try failed.
    Failed,
    /// The last try was given up before its end; `text` is what had come.
    Aborted,
}

impl PageStatus {
    /// Whether an engine read the page to an end of its own, be it too early.
    pub const fn has_result(self) -> bool {
        matches!(self, Self::Done | Self::Partial)
    }
}

/// What a model said of a page beside its text: olmOCR's front matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageMetadata {
    /// The language that most of it is in, as ISO 639-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_language: Option<String>,
    /// Whether the page stands upright.
    pub is_rotation_valid: bool,
    /// How far it would have to be turned, clockwise in degrees: 0, 90, 180 or 270.
    pub rotation_correction: u16,
    /// Whether most of it is a table.
    pub is_table: bool,
    /// Whether most of it is a diagram.
    pub is_diagram: bool,
}

/// What may be wrong with a page's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageWarning {
    /// What for a program.
    pub code: WarningCode,
    /// The same for people, in a sentence.
    pub message: String,
}

impl PageWarning {
    /// A warning with its sentence.
    pub fn new(code: WarningCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The kinds of [`PageWarning`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// The file breaks off: the part of the page that is missing was not read.
    TruncatedImage,
    /// The engine is unsure of most words.
    LowConfidence,
    /// The page is not blank, and no text was found on it.
    NoText,
    /// The engine stopped at its limit, or at the one that was asked for: the end of the text is missing.
    TruncatedText,
    /// The engine's provider withheld text.
    Filtered,
    /// The engine stopped for a reason that this server does not know: text may be missing.
    UnknownFinish,
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
    /// The model that was asked.
    pub model: String,
    /// How it ended: `ok`, or why it does not count: `unreachable`, `timeout`, `refused`, `busy`, `limited` (429), `failed`, `broken`,
    /// `protocol`, `invalid` (empty, or not as the model answers), `repetition`, `too_complex`, `crashed`.
    pub outcome: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Tokens sent, 0 where the engine told none.
    pub prompt_tokens: u64,
    /// Tokens made, 0 where the engine told none.
    pub completion_tokens: u64,
}

/// The answer to `GET /api/documents/{id}/pages/{n}`: a page whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageDetail {
    /// The page.
    #[serde(flatten)]
    pub page: Page,
    /// What was read on it: blocks in reading order, their lines and words, tables; absent where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<PageContent>,
}

/// A page and the latest thing that was recognised on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page {
    /// Its number, from 1.
    pub page: u32,
    /// Where it stands.
    pub status: PageStatus,
    /// Width in pixels of the picture that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Its height.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Its resolution, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f32>,
    /// The recognised text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// A person's correction, kept beside the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<String>,
    /// Recognised places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<TextBox>,
    /// Mean confidence, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// Why the engine stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// What it used.
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
    /// How the picture that was read is turned, clockwise in degrees: 90, 180 or 270.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<u16>,
    /// What the model said of the page beside its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<PageMetadata>,
    /// What may be wrong with its text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<PageWarning>,
    /// The attempts of the run that read it last, in order, where there was more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<PageAttempt>,
    /// Where its picture may be had for a while without a token; add `&width=`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Where the same may be had as a PNG with the boxes drawn on it, once the page has been read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotated_url: Option<String>,
}
