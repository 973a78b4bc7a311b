//! The files into which a document's pages are exported as text.

use crate::PageContent;

/// A text format: how a page is written, and how pages are joined.
#[derive(Debug, Clone, Copy)]
pub struct TextFormat {
    /// The file's media type.
    pub media_type: &'static str,
    /// The separator between two pages.
    pub separator: &'static str,
    /// Writes one page.
    pub page: fn(&PageContent) -> String,
}

impl TextFormat {
    /// Plain text, a form feed between pages, as `pdftotext` writes it.
    pub const PLAIN: Self =
        Self { media_type: "text/plain; charset=utf-8", separator: "\u{c}", page: PageContent::plain_text };
    /// Markdown, a thematic break between pages.
    pub const MARKDOWN: Self =
        Self { media_type: "text/markdown; charset=utf-8", separator: "\n\n---\n\n", page: PageContent::markdown };
}
