//! The events of a run. NDJSON lines and the web app's state are folds over them.

use inkstream_content::PageContent;
use serde::{Deserialize, Serialize};

use crate::{
    DocumentId, DocumentKind, EventError, PageAttempt, PageMetadata, PageWarning, PixelBox, RunId, SizeMode, TextBox,
    Usage,
};

/// The model's name for pages whose text layer is used. No engine may have it.
pub const PDF_TEXT: &str = "pdf-text";

/// An event of a run with its sequence number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OcrEvent {
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
    /// The sequence number, from 0 without gaps.
    #[serde(default)]
    pub seq: u64,
}

/// What happened.
///
/// A single image has the events `start`, `delta` and `end`. A PDF or an image of several pages has `page_*` events between `start` and
/// `end`. Events of different pages interleave; those of one page are in order. Large bodies are boxed, because each stream's channel
/// has room for many events and most of them are deltas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// The run waits in the queue.
    Queued {
        /// The number of runs ahead of it.
        ahead: u32,
    },
    /// The run has begun.
    Start(Box<Start>),
    /// Text of a single image.
    Delta {
        /// The text to append.
        delta: String,
        /// Its bounds, if known and requested.
        #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
        bounds: Option<PixelBox>,
    },
    /// A single image is read again. Discard its text.
    Reset(PageReset),
    /// A page has begun.
    PageStart(Box<PageStart>),
    /// Text of a page.
    PageDelta {
        /// The page's number in the document, from 1.
        page: u32,
        /// The text to append.
        delta: String,
        /// Its bounds, if known and requested.
        #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
        bounds: Option<PixelBox>,
    },
    /// A page is read again. Discard its text.
    PageReset {
        /// The page's number in the document, from 1.
        page: u32,
        /// The new attempt.
        #[serde(flatten)]
        reset: PageReset,
    },
    /// A page is finished.
    PageEnd(Box<PageEnd>),
    /// A page failed. The other pages continue.
    PageError {
        /// The page's number in the document, from 1.
        page: u32,
        /// Why.
        error: EventError,
    },
    /// The run is over.
    End(Box<End>),
    /// The whole run failed; always the last event.
    Error {
        /// Why.
        error: EventError,
    },
    /// No event occurred for 15 seconds. It keeps the connection alive.
    Heartbeat,
}

/// The body of `start`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Start {
    /// Image or PDF.
    pub kind: DocumentKind,
    /// How many pages will be read; absent for a single image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// The stored document.
    pub document_id: DocumentId,
    /// This run.
    pub run_id: RunId,
    /// The model that reads.
    pub model: String,
    /// The engine that chose this model, such as `embedded`; only for a single image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// Width of the page image in pixels; only for a single image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height of the page image in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Resolution of the page image in dots per inch, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f32>,
    /// Rotation of the page image, clockwise in degrees: 90, 180 or 270; only for a single image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<u16>,
    /// The languages that a single image is read in, by the engine's names; empty if the engine needs none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// A signed URL of the page image; only for a single image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Unknown options, and options that this engine does not use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
}

/// The body of `page_start`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageStart {
    /// The page's number in the document, from 1.
    pub page: u32,
    /// Width of the page image in pixels.
    pub width: u32,
    /// Height of the page image in pixels.
    pub height: u32,
    /// Resolution of the page image in dots per inch, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f32>,
    /// The model that reads this page. It differs from `start` if a fallback reads the page, or if the requested engine chooses a model
    /// for each page; it is `pdf-text` if the page's text layer is used.
    pub model: String,
    /// The engine that chose this model, such as `embedded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// Rotation of the page image, clockwise in degrees: 90, 180 or 270.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<u16>,
    /// The languages that the page is read in, by the engine's names; empty if the engine needs none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// A signed URL of the page image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
}

/// The body of `reset` and `page_reset`: why a page is read again, and by which model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageReset {
    /// Why the previous attempt failed: an outcome of [`PageAttempt`].
    pub reason: String,
    /// The model that reads now.
    pub model: String,
    /// Width of the page image in pixels.
    pub width: u32,
    /// Height of the page image in pixels.
    pub height: u32,
    /// Resolution of the page image in dots per inch, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f32>,
    /// Rotation of the page image, clockwise in degrees: 90, 180 or 270.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<u16>,
    /// A signed URL of the page image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
}

/// The body of `page_end`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageEnd {
    /// The page's number in the document, from 1.
    pub page: u32,
    /// What the page used.
    pub usage: Usage,
    /// Why the engine stopped: `stop`; `length` if the text is truncated; `content_filter` if its provider withheld text; any other
    /// value is the engine's own, and text may be missing. Absent if the engine did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// The boxes of the text, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes: Option<Vec<TextBox>>,
    /// The page's content, if requested: its text as blocks with their lines, words and tables. Absent if nothing was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Box<PageContent>>,
    /// The size mode that was applied, if the engine has size modes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_applied: Option<SizeMode>,
    /// The actual resolution, if the requested one was too high for the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowered_dpi: Option<f32>,
    /// The page's mean confidence, 0 to 100, if the engine reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// What the model reported about the page beside its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<PageMetadata>,
    /// Warnings about the page's text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<PageWarning>,
    /// The attempts, in order, if there was more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<PageAttempt>,
}

/// The body of `end`. For a single image it contains the fields of `page_end`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct End {
    /// What the run used.
    pub usage: Usage,
    /// A single image's finish reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// A single image's boxes, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes: Option<Vec<TextBox>>,
    /// A single image's content, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Box<PageContent>>,
    /// A single image's size mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_applied: Option<SizeMode>,
    /// A single image's lowered resolution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowered_dpi: Option<f32>,
    /// A single image's mean confidence, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// What the model reported about a single image beside its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<PageMetadata>,
    /// Warnings about a single image's text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<PageWarning>,
    /// A single image's attempts, in order, if there was more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<PageAttempt>,
}
