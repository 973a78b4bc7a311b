//! The result as a file. It is made from the app's state, so it works offline and during a run.

use inkstream_content::TextFormat;
use inkstream_wire::{Page, PageStatus, ResultFormat};
use serde::Serialize;

use crate::state::{PageState, Workspace, json};

/// A file to download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Export {
    /// Its name, from the document's.
    pub(crate) filename: String,
    pub(crate) media_type: &'static str,
    pub(crate) content: String,
}

/// The fields of [`inkstream_wire::DocumentDetail`] that the app knows.
#[derive(Serialize)]
struct Contents<'a> {
    document_id: Option<inkstream_wire::DocumentId>,
    filename: &'a str,
    kind: Option<inkstream_wire::DocumentKind>,
    pages: usize,
    pages_done: usize,
    page_list: Vec<&'a Page>,
}

/// The name of the file with a document's result.
pub(crate) fn result_name(document: &str, format: ResultFormat) -> String {
    format!("{}.{}", stem(document), format.extension())
}

/// Makes the same text as the server; as JSON, the fields of the document that the app knows. Not for formats that need the server.
pub(crate) fn export(workspace: &Workspace, format: ResultFormat) -> Export {
    let (media_type, content) = match format.text_format() {
        Some(text) => (text.media_type, joined(workspace, text)),
        None => ("application/json", detail(workspace)),
    };
    Export { filename: result_name(&workspace.name, format), media_type, content }
}

/// The file name of a page's annotated image in the document of this name.
pub(crate) fn annotated_name(document: &str, page: u32) -> String {
    format!("{}-page-{page}-boxes.png", stem(document))
}

fn stem(name: &str) -> &str {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if stem.is_empty() { "document" } else { stem }
}

/// A page as plain text: its content without markup, and where there is none its text.
pub(crate) fn plain_text(page: &PageState) -> String {
    written(page, TextFormat::PLAIN)
}

fn written(page: &PageState, format: TextFormat) -> String {
    page.content().map_or_else(|| page.text().to_owned(), |content| (format.page)(content))
}

fn joined(workspace: &Workspace, format: TextFormat) -> String {
    let texts: Vec<String> = workspace.pages.iter().map(|page| written(page, format)).collect();
    texts.join(format.separator)
}

fn detail(workspace: &Workspace) -> String {
    let contents = Contents {
        document_id: workspace.document,
        filename: &workspace.name,
        kind: workspace.kind,
        pages: workspace.pages.len(),
        pages_done: workspace.pages.iter().filter(|page| page.page.status == PageStatus::Done).count(),
        page_list: workspace.pages.iter().map(|page| &page.page).collect(),
    };
    json(&contents)
}

#[cfg(test)]
mod tests {
    use inkstream_content::{Block, BlockKind, PageContent, RichText};

    use super::*;
    use crate::state::Content;

    fn workspace() -> Workspace {
        let pages = [(1, "First\n"), (2, ""), (3, "Third")].map(|(number, text)| {
            let mut page = PageState::pending(number);
            page.edit().append(text, None, 0);
            page
        });
        let mut workspace = Workspace::default();
        workspace.name = "letter.final.pdf".to_owned();
        workspace.pages = pages.to_vec();
        workspace
    }

    #[test]
    fn plain_text_has_a_form_feed_between_pages_including_empty_ones() {
        let file = export(&workspace(), ResultFormat::Txt);
        assert_eq!(file.filename, "letter.final.txt");
        assert_eq!(file.content, "First\n\u{c}\u{c}Third");
    }

    #[test]
    fn an_annotated_image_is_named_after_its_document_and_page() {
        assert_eq!(annotated_name("letter.final.pdf", 3), "letter.final-page-3-boxes.png");
        assert_eq!(annotated_name("", 1), "document-page-1-boxes.png");
        assert_eq!(result_name("letter.final.pdf", ResultFormat::Csv), "letter.final.csv.zip");
    }

    #[test]
    fn markdown_has_a_rule_between_pages() {
        assert_eq!(export(&workspace(), ResultFormat::Md).content, "First\n\n\n---\n\n\n\n---\n\nThird");
    }

    #[test]
    fn a_page_with_content_is_written_without_markup_or_with_clean_markup() {
        let heading = BlockKind::Heading { level: 1, text: RichText::plain("Total: 3*4") };
        let mut workspace = workspace();
        workspace.pages[0].edit().content = Content::from(PageContent::new(vec![Block::new(heading)]));
        assert_eq!(export(&workspace, ResultFormat::Txt).content, "Total: 3*4\u{c}\u{c}Third");
        assert!(export(&workspace, ResultFormat::Md).content.starts_with("# Total: 3\\*4\n\n---"));
        workspace.pages[0].edit().page.corrected = Some("corrected".to_owned());
        assert!(export(&workspace, ResultFormat::Txt).content.starts_with("corrected\u{c}"));
    }

    #[test]
    fn json_has_the_pages_in_the_servers_format() {
        let value: serde_json::Value = serde_json::from_str(&export(&workspace(), ResultFormat::Json).content).unwrap();
        assert_eq!(value["page_list"][2]["text"], "Third");
        assert_eq!(value["pages"], 3);
    }
}
