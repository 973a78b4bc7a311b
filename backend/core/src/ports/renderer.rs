use std::fs::File;

use async_trait::async_trait;
use inkstream_wire::{DocumentKind, PixelBox};
use serde::{Deserialize, Serialize};

use crate::{
    Result,
    image::{ImageSpec, Marks, PageImage},
};

/// A document to be opened.
#[derive(Debug)]
pub struct OpenRequest {
    /// Its bytes.
    pub file: File,
    /// A PDF's password.
    pub password: Option<String>,
}

/// What opening a document tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentInfo {
    /// Image or PDF, decided by content.
    pub kind: DocumentKind,
    /// The same more exactly.
    pub format: FileFormat,
    /// How many pages it has; at least 1.
    pub pages: u32,
}

impl DocumentInfo {
    /// A file of this format, with so many pages.
    pub const fn new(format: FileFormat, pages: u32) -> Self {
        Self { kind: format.kind(), format, pages }
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    WebP,
    /// TIFF, of one or several pages.
    Tiff,
    /// A Windows bitmap.
    Bmp,
    /// GIF, of which the first frame counts.
    Gif,
    /// PBM, PGM, PPM or PAM.
    Pnm,
    /// HEIC, of which the primary image counts: what phones take photographs as.
    Heic,
    /// AVIF, of which the primary image counts.
    Avif,
    /// JPEG 2000, in a file or as a bare code stream.
    Jp2,
    /// PDF.
    Pdf,
}

impl FileFormat {
    /// Image or PDF.
    pub const fn kind(self) -> DocumentKind {
        match self {
            Self::Pdf => DocumentKind::Pdf,
            Self::Png
            | Self::Jpeg
            | Self::WebP
            | Self::Tiff
            | Self::Bmp
            | Self::Gif
            | Self::Pnm
            | Self::Heic
            | Self::Avif
            | Self::Jp2 => DocumentKind::Image,
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
            Self::Gif => "image/gif",
            Self::Pnm => "image/x-portable-anymap",
            Self::Heic => "image/heic",
            Self::Avif => "image/avif",
            Self::Jp2 => "image/jp2",
            Self::Pdf => "application/pdf",
        }
    }
}

/// The text that a page carries, as far as its file tells. Whether it is any good, others judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddedText {
    /// Width in pixels of the image that places are in.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Its resolution in dots per inch.
    pub dpi: f32,
    /// Lines in reading order, of words that the page shows.
    pub lines: Vec<EmbeddedLine>,
    /// Characters of them of which the file does not tell which they are.
    pub unmapped: u32,
    /// Characters beside them that the page does not show: drawn invisibly, as in the layer that a scanner's software
    /// puts over its image, in the colour of their ground, covered, cut off, or in a layer that is switched off.
    pub hidden: u32,
    /// Characters among them of words that the page shows in part, or hardly.
    pub doubtful: u32,
    /// Marks on the page that look like letters or ticks, and that none of its text has drawn: outlines, images of
    /// text, annotations that do not tell their text, check boxes of which the file says something else.
    pub foreign: u32,
    /// Characters among them that the page shows as other ones, because a font's character table lies.
    pub contradicted: u32,
    /// How much of the page images cover, 0 to 1.
    pub image_cover: f32,
}

/// A line of embedded text; words are joined by a space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddedLine {
    /// Whether a paragraph begins here.
    pub paragraph: bool,
    /// Its words; at least one.
    pub words: Vec<EmbeddedWord>,
}

/// A word of embedded text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddedWord {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub bounds: PixelBox,
}

/// Opens documents, in processes of their own.
#[async_trait]
pub trait Renderer: Send + Sync {
    /// Opens a document and counts its pages. Errors have the codes `EmptyFile`, `UnsupportedMediaType`,
    /// `BrokenDocument`, `NoPages`, `PasswordRequired`, `WrongPassword`, `TooManyPages`, `TooManyPixels`
    /// and `Unavailable`.
    async fn open(&self, request: OpenRequest) -> Result<Box<dyn OpenDocument>>;
}

/// An opened document. Pages may be rendered concurrently; dropping it ends its processes.
#[async_trait]
pub trait OpenDocument: Send + Sync {
    /// What opening told.
    fn info(&self) -> DocumentInfo;
    /// Renders a page (from 1). Errors have the codes `PageUnreadable`, `PageTooComplex` and
    /// `TooManyPixels`, cost this page alone, and leave the document usable.
    async fn render(&self, page: u32, spec: &ImageSpec) -> Result<PageImage>;
    /// The text that a PDF's page carries itself, with its places in the image that `spec` would give; `None` where
    /// there is none. Errors as of [`OpenDocument::render`].
    async fn text(&self, page: u32, spec: &ImageSpec) -> Result<Option<EmbeddedText>>;
    /// Renders a page as a PNG in colour with marks drawn on it. Errors as of [`OpenDocument::render`].
    async fn annotate(&self, page: u32, spec: &ImageSpec, marks: &Marks) -> Result<PageImage>;
}
