use std::fs::File;

use async_trait::async_trait;
use inkstream_content::CellPlace;
use inkstream_wire::{DocumentKind, PixelBox};
use serde::{Deserialize, Serialize};

use crate::{
    Result,
    image::{ImageSpec, Marks, PageImage},
};

/// A document to be opened.
#[derive(Debug)]
pub struct OpenRequest {
    /// The file's bytes.
    pub file: File,
    /// The password of a PDF.
    pub password: Option<String>,
}

/// Properties of an opened document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentInfo {
    /// Image or PDF, decided by content.
    pub kind: DocumentKind,
    /// The exact format.
    pub format: FileFormat,
    /// The number of pages, at least 1.
    pub pages: u32,
}

impl DocumentInfo {
    /// The properties of a file with this format and number of pages.
    pub const fn new(format: FileFormat, pages: u32) -> Self {
        Self { kind: format.kind(), format, pages }
    }
}

/// The format of a file.
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
    /// GIF. Only the first frame is used.
    Gif,
    /// PBM, PGM, PPM or PAM.
    Pnm,
    /// HEIC, the format of phones' photographs. Only the primary image is used.
    Heic,
    /// AVIF. Only the primary image is used.
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

/// The text layer of a page. The module `text_layer` judges its quality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddedText {
    /// The width in pixels of the image that bounds refer to.
    pub width: u32,
    /// The height of that image.
    pub height: u32,
    /// The resolution of that image in dots per inch.
    pub dpi: f32,
    /// The lines of the words that the page shows, in reading order.
    pub lines: Vec<EmbeddedLine>,
    /// The tables among the lines, in their order. They share no lines.
    #[serde(default)]
    pub tables: Vec<EmbeddedTable>,
    /// The number of characters in these lines that the file does not identify.
    pub unmapped: u32,
    /// The number of further characters, which the page does not show: they are drawn invisibly, as by a scanner's software over its image,
    /// or in the colour of their background, or they are covered, cut off, or in a layer that is switched off.
    pub hidden: u32,
    /// The number of characters in these lines whose words the page shows only partly or faintly.
    pub doubtful: u32,
    /// The number of marks that look like letters or ticks but are not drawn by the page's text: outlines, images of text, annotations
    /// without accessible text, and check boxes whose state differs from the file's.
    pub foreign: u32,
    /// The number of characters in these lines that the page shows as other characters, because a font's character map is wrong.
    pub contradicted: u32,
    /// The share of the page that images cover, 0 to 1.
    pub image_cover: f32,
}

/// A line of the text layer. Its words are separated by spaces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddedLine {
    /// Whether a paragraph begins here.
    pub paragraph: bool,
    /// The words, at least one.
    pub words: Vec<EmbeddedWord>,
}

/// A word of the text layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddedWord {
    /// The word's text.
    pub text: String,
    /// The word's bounds in the image.
    pub bounds: PixelBox,
}

/// A table of the text layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddedTable {
    /// The lines that it consists of, by their position in [`EmbeddedText::lines`].
    pub lines: std::ops::Range<usize>,
    /// Its cells.
    pub cells: Vec<CellPlace>,
}

/// Opens documents in separate processes.
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
    /// The properties of the document.
    fn info(&self) -> DocumentInfo;
    /// Renders a page, numbered from 1. Errors have the codes `PageUnreadable`, `PageTooComplex` and `TooManyPixels`. They affect only this
    /// page; the document stays usable.
    async fn render(&self, page: u32, spec: &ImageSpec) -> Result<PageImage>;
    /// The text layer of a PDF page, with bounds in the image that `spec` would render; `None` if there is none. The errors are those of
    /// [`OpenDocument::render`].
    async fn text(&self, page: u32, spec: &ImageSpec) -> Result<Option<EmbeddedText>>;
    /// Renders a page as a colour PNG with marks drawn on it. The errors are those of [`OpenDocument::render`].
    async fn annotate(&self, page: u32, spec: &ImageSpec, marks: &Marks) -> Result<PageImage>;
}
