use std::fs::File;

use async_trait::async_trait;
use inkstream_wire::DocumentKind;

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
    /// How many pages it has; at least 1.
    pub pages: u32,
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
