//! What a model wrote becomes the page's content.

use inkstream_content::BlockKind;
use inkstream_testkit::engine::Script;
use inkstream_wire::{EventBody, PageDetail};

use super::rig;

#[tokio::test]
async fn headings_tables_and_page_numbers_of_a_model_are_blocks_of_the_page() {
    let written = "# Prices\n\n<table><tr><th>Item</th><th>EUR</th></tr><tr><td colspan=2>Ink</td></tr></table>\n\n\
                   <page_number>3</page_number>";
    let rig = rig("plain", [Script::text([written])]).await;
    let EventBody::Start(start) = rig.image(&[]).await.events().remove(0).body else { panic!() };
    let path = format!("/api/documents/{}/pages/1", start.document_id);
    let PageDetail { page, content } = rig.site.get(&path).send().await.json();
    let content = content.unwrap();
    let kinds: Vec<&BlockKind> = content.blocks.iter().map(|block| &block.kind).collect();
    assert!(
        matches!(kinds[..], [BlockKind::Heading { level: 1, .. }, BlockKind::Table(_), BlockKind::Furniture { .. }]),
        "{kinds:?}"
    );
    let table = content.tables()[0];
    assert_eq!((table.rows, table.columns, table.header_rows, table.cells[2].column_span), (2, 2, 1, 2));
    let source = content.blocks[0].source.unwrap();
    assert_eq!(source.slice(&page.text), "# Prices");
}
