use std::fs::File;

use async_trait::async_trait;
use inkstream_wire::DocumentKind;
use serde::{Deserialize, Serialize};

use crate::{
    Result,
    picture::{Picture, PictureSpec},
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
    /// Picture or PDF, decided by content.
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
    /// PDF.
    Pdf,
}

impl FileFormat {
    /// Picture or PDF.
    pub const fn kind(self) -> DocumentKind {
        match self {
            Self::Pdf => DocumentKind::Pdf,
            Self::Png | Self::Jpeg | Self::WebP | Self::Tiff | Self::Bmp | Self::Gif | Self::Pnm => DocumentKind::Image,
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
            Self::Pdf => "application/pdf",
        }
    }
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
    async fn render(&self, page: u32, spec: &PictureSpec) -> Result<Picture>;
}
