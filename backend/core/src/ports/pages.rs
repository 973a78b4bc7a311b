use std::borrow::Cow;

use async_trait::async_trait;
use inkstream_content::{Block, BlockKind, PageContent, RichText, TextFormat, from_markdown};
use inkstream_wire::{
    DocumentId, EventError, PageAttempt, PageMetadata, PageStatus, PageWarning, RunId, TextBox, Usage,
};
use jiff::Timestamp;

use crate::Result;

/// A page and its latest result, without its text.
#[derive(Debug, Clone, PartialEq)]
pub struct PageSummary {
    /// Its number, from 1.
    pub page: u32,
    /// Its state.
    pub status: PageStatus,
    /// Width and height in pixels of the image that was read.
    pub size: Option<(u32, u32)>,
    /// The image's resolution, if known.
    pub dpi: Option<f32>,
    /// Mean confidence, 0 to 100.
    pub confidence: Option<f32>,
    /// The engine's finish reason.
    pub finish_reason: Option<String>,
    /// What it used; `None` for a page that was never read.
    pub usage: Option<Usage>,
    /// Why it failed.
    pub error: Option<EventError>,
    /// The run that read it last.
    pub run: Option<RunId>,
    /// The model that read it last.
    pub model: Option<String>,
    /// Clockwise rotation of the image that was read, in degrees.
    pub rotation: u16,
    /// Warnings about its text.
    pub warnings: Vec<PageWarning>,
    /// The attempts of the run that read it last, in order; empty if there was only one.
    pub attempts: Vec<PageAttempt>,
}

impl PageSummary {
    /// A page that was never read.
    pub fn pending(page: u32) -> Self {
        Self {
            page,
            status: PageStatus::Pending,
            size: None,
            dpi: None,
            confidence: None,
            finish_reason: None,
            usage: None,
            error: None,
            run: None,
            model: None,
            rotation: 0,
            warnings: Vec::new(),
            attempts: Vec::new(),
        }
    }
}

/// A page with its text.
#[derive(Debug, Clone, PartialEq)]
pub struct PageRecord {
    /// All but the text.
    pub summary: PageSummary,
    /// The recognized text.
    pub text: String,
    /// A person's correction, kept beside the original.
    pub corrected: Option<String>,
    /// The boxes of its content, then those of what was located on it, in pixels of the image that was read.
    pub boxes: Vec<TextBox>,
    /// The model's metadata about the page.
    pub metadata: Option<PageMetadata>,
}

/// A page with its text and content.
#[derive(Debug, Clone, PartialEq)]
pub struct PageWithContent {
    /// All but the content.
    pub record: PageRecord,
    /// The page's content; `None` if nothing was read. Rebuilt from text and boxes for pages that were stored without it.
    pub content: Option<PageContent>,
}

impl PageWithContent {
    /// The page in a text format. A correction is exported as it was typed, and text without content as the engine wrote it.
    pub fn export(&self, format: TextFormat) -> Cow<'_, str> {
        match (&self.record.corrected, &self.content) {
            (Some(corrected), _) => Cow::Borrowed(corrected),
            (None, Some(content)) => Cow::Owned((format.page)(content)),
            (None, None) => Cow::Borrowed(&self.record.text),
        }
    }

    /// The page's content for formats that are more than text. A correction was typed as text, without places: it has tables only if the
    /// page had some, so that its text is Markdown.
    pub fn content_to_export(&self) -> Cow<'_, PageContent> {
        let empty = PageContent::default();
        let page = self.content.as_ref().unwrap_or(&empty);
        let content = match (&self.record.corrected, &self.content) {
            (None, Some(content)) => return Cow::Borrowed(content),
            (Some(corrected), Some(content)) if !content.tables().is_empty() => from_markdown(corrected, Vec::new()),
            (corrected, _) => paragraphs(corrected.as_ref().unwrap_or(&self.record.text)),
        };
        let languages = page.languages.clone();
        Cow::Owned(PageContent {
            width: page.width,
            height: page.height,
            rotation: page.rotation,
            languages,
            ..content
        })
    }
}

/// A text as it was typed, in which empty lines end paragraphs.
fn paragraphs(text: &str) -> PageContent {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
    PageContent::new(paragraphs.map(|text| Block::new(BlockKind::Paragraph { text: RichText::plain(text) })).collect())
}

/// Pages of documents and their latest results. Each method is one transaction; errors as [`super::Store`] says.
#[async_trait]
pub trait PageStore: Send + Sync {
    /// At most `limit` pages of a document in order, those after the page `after`, without their texts. Empty if there are none.
    async fn page_summaries(&self, id: DocumentId, after: u32, limit: u32) -> Result<Vec<PageSummary>>;
    /// The same with their texts and contents.
    async fn pages(&self, id: DocumentId, after: u32, limit: u32) -> Result<Vec<PageWithContent>>;
    /// The numbers of the pages that have no complete result, in order.
    async fn missing_pages(&self, id: DocumentId) -> Result<Vec<u32>>;
    /// One page.
    async fn page(&self, id: DocumentId, page: u32) -> Result<PageWithContent>;
    /// Stores a person's correction beside the original; `None` removes it.
    async fn correct_page(&self, id: DocumentId, page: u32, text: Option<&str>, now: Timestamp) -> Result<()>;
}

#[cfg(test)]
mod tests {
    use inkstream_content::Table;

    use super::*;

    fn corrected(text: &str, content: PageContent) -> PageContent {
        let record = PageRecord {
            summary: PageSummary::pending(1),
            text: String::new(),
            corrected: Some(text.to_owned()),
            boxes: Vec::new(),
            metadata: None,
        };
        PageWithContent { record, content: Some(content) }.content_to_export().into_owned()
    }

    #[test]
    fn a_correction_is_markdown_if_the_page_has_a_table_and_text_as_it_was_typed_if_not() {
        let markdown = "# *a*\n\n| b | c |\n| --- | --- |\n| 1 | 2 |";
        let with_table = PageContent::new(vec![Block::new(BlockKind::Table(Table::default()))]);
        assert_eq!(corrected(markdown, PageContent { width: Some(7), ..with_table.clone() }).width, Some(7));
        assert_eq!(corrected(markdown, with_table).tables()[0].cells.len(), 4);
        let without = corrected("# *a*\n\nb", PageContent::default());
        assert_eq!(without, paragraphs("# *a*\n\nb"));
        assert_eq!(without.plain_text(), "# *a*\n\nb");
    }
}
