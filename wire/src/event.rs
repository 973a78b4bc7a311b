//! The one outward event type. A run emits these; NDJSON lines and the web page are folds over it.

use inkstream_content::PageContent;
use serde::{Deserialize, Serialize};

use crate::{
    DocumentId, DocumentKind, EventError, PageAttempt, PageMetadata, PageWarning, PixelBox, RunId, SizeMode, TextBox,
    Usage,
};

/// What stands for a model where the text of a PDF itself is taken. No engine may have this name.
pub const PDF_TEXT: &str = "pdf-text";

/// One event of a run, with its place in the run's sequence (from 0, without gaps).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OcrEvent {
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
    /// Its place in the sequence.
    #[serde(default)]
    pub seq: u64,
}

/// What happened.
///
/// A single picture is told by `start`, `delta` and `end`; a PDF or a picture of several pages by
/// the `page_*` events between `start` and `end`. Events of different pages interleave, those of
/// one page are in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// The run waits for its turn.
    Queued {
        /// Runs that come before it.
        ahead: u32,
    },
    /// The run has begun.
    Start(Start),
    /// Text of a single picture.
    Delta {
        /// The text, to be appended.
        delta: String,
        /// Where it stands, if known and asked for.
        #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
        bounds: Option<PixelBox>,
    },
    /// A single picture begins anew: what was sent of its text is void.
    Reset(PageReset),
    /// A page has begun.
    PageStart(PageStart),
    /// Text of a page.
    PageDelta {
        /// The page's number in the document, from 1.
        page: u32,
        /// The text, to be appended.
        delta: String,
        /// Where it stands, if known and asked for.
        #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
        bounds: Option<PixelBox>,
    },
    /// A page begins anew: what was sent of its text is void.
    PageReset {
        /// The page's number in the document, from 1.
        page: u32,
        /// What is read now.
        #[serde(flatten)]
        reset: PageReset,
    },
    /// A page is finished.
    PageEnd(PageEnd),
    /// A page failed; the others go on.
    PageError {
        /// The page's number in the document, from 1.
        page: u32,
        /// Why.
        error: EventError,
    },
    /// The run is over.
    End(End),
    /// The whole run failed; always the last event.
    Error {
        /// Why.
        error: EventError,
    },
    /// Nothing happened for 15 seconds, and the connection is alive.
    Heartbeat,
}

/// The body of `start`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Start {
    /// Picture or PDF.
    pub kind: DocumentKind,
    /// How many pages will be read; left out for a single picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// The stored document.
    pub document_id: DocumentId,
    /// This run.
    pub run_id: RunId,
    /// The model that reads.
    pub model: String,
    /// Width in pixels of the picture that is read; a single picture's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Its height.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Its resolution in dots per inch, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f32>,
    /// How it was turned, clockwise in degrees: 90, 180 or 270; a single picture's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<u16>,
    /// Where the picture may be had for a while without a token; a single picture's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Options of the request that this engine has no use for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
}

/// The body of `page_start`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageStart {
    /// The page's number in the document, from 1.
    pub page: u32,
    /// Width in pixels of the picture that is read.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Its resolution in dots per inch, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f32>,
    /// The model that reads this page: another than on `start` where an engine that is down has a stand-in, and
    /// `pdf-text` where the PDF's own text is taken.
    pub model: String,
    /// How the page was turned, clockwise in degrees: 90, 180 or 270.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<u16>,
    /// Where the page's picture may be had for a while without a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
}

/// The body of `reset` and `page_reset`: why a page begins anew, and what is read from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageReset {
    /// Why the attempt before it does not count, in one word as on [`PageAttempt`].
    pub reason: String,
    /// The model that reads now.
    pub model: String,
    /// Width in pixels of the picture that is read now.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Its resolution in dots per inch, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f32>,
    /// How it was turned, clockwise in degrees: 90, 180 or 270.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<u16>,
    /// Where the picture may be had for a while without a token.
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
    /// Why the engine stopped: `stop`; `length` when the text is truncated; `content_filter` when its provider withheld text;
    /// else a word of the engine's own, with which text may be missing. Left out where the engine did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// Recognised places, when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes: Option<Vec<TextBox>>,
    /// The page's content, when asked for: what the deltas said, as blocks with their lines, words and tables. Left out where
    /// nothing was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Box<PageContent>>,
    /// The size mode that was really applied, where the engine has such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_applied: Option<SizeMode>,
    /// The resolution that the page was lowered to, where the one asked for was too much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowered_dpi: Option<f32>,
    /// The page's mean confidence, 0 to 100, where the engine tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// What the model said of the page beside its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<PageMetadata>,
    /// What may be wrong with the page's text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<PageWarning>,
    /// The attempts, in order, where there was more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<PageAttempt>,
}

/// The body of `end`. For a single picture it carries what `page_end` would.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct End {
    /// What the run used.
    pub usage: Usage,
    /// A single picture's finish reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// A single picture's places, when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes: Option<Vec<TextBox>>,
    /// A single picture's content, when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Box<PageContent>>,
    /// A single picture's size mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_applied: Option<SizeMode>,
    /// A single picture's lowered resolution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowered_dpi: Option<f32>,
    /// A single picture's mean confidence, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// What the model said of a single picture beside its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<PageMetadata>,
    /// What may be wrong with a single picture's text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<PageWarning>,
    /// A single picture's attempts, in order, where there was more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<PageAttempt>,
}
