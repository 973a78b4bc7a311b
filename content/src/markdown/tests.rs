use proptest::prelude::*;

use super::*;
use crate::{BoundingBox, BoxKind};
use crate::{FurnitureRole, StyleKind, Table};

fn read(source: &str) -> Vec<Block> {
    from_markdown(source, Vec::new()).blocks
}

fn kinds(source: &str) -> Vec<BlockKind> {
    read(source).into_iter().map(|block| block.kind).collect()
}

fn paragraph(text: &str) -> BlockKind {
    BlockKind::Paragraph { text: RichText::plain(text) }
}

fn only_table(source: &str) -> Table {
    match kinds(source).as_slice() {
        [BlockKind::Table(table)] => table.clone(),
        other => panic!("one table alone: {other:?}"),
    }
}

/// The cells as row, column, spans and text.
fn cells(table: &Table) -> Vec<(u32, u32, u32, u32, &str)> {
    let cells = table.cells.iter();
    cells.map(|c| (c.row, c.column, c.row_span, c.column_span, c.text.text.as_str())).collect()
}

fn styles(source: &str) -> Vec<(StyleKind, String)> {
    match read(source).first().and_then(Block::text) {
        Some(text) => {
            text.styles.iter().map(|style| (style.kind.clone(), style.range.slice(&text.text).to_owned())).collect()
        }
        None => Vec::new(),
    }
}

#[test]
fn a_page_becomes_blocks_with_their_source_ranges() {
    let source = "# Invoice 2041\n\nDear *Ada*,\nthank you.\n\n- one\n- [x] two\n\n> a quote\n\n```rust\nfn  a() {}\n```\n\n---\n\nä $E=mc^2$\n";
    let content = from_markdown(source, Vec::new());
    insta::assert_snapshot!(serde_json::to_string_pretty(&content).unwrap());
    for block in &content.blocks {
        let written = block.source.unwrap().slice(source);
        assert_eq!(written.trim(), written, "{block:?}");
    }
}

#[test]
fn literal_prices_stars_and_tildes_are_kept() {
    for text in
        ["from $5.00-$6.00 a piece", "2*3*4 is 24", "~5 or ~6~7", "a_b_c", "$5 and $6", "[1]: see below", "* * a"]
    {
        let plain = from_markdown(text, Vec::new()).plain_text();
        assert_eq!(plain, text);
    }
}

#[test]
fn numbers_and_signs_before_items_are_kept_as_written() {
    assert_eq!(from_markdown("3. three\n7. seven\n", Vec::new()).plain_text(), "3. three\n7. seven");
    assert_eq!(from_markdown("- 12.50\n- 3.00\n", Vec::new()).plain_text(), "- 12.50\n- 3.00");
}

#[test]
fn formulas_are_recognized_with_every_delimiter() {
    let formula = |text: &str| vec![(StyleKind::Formula, text.to_owned())];
    assert_eq!(styles("a $x^2$ b"), formula("x^2"));
    assert_eq!(styles(r"a \(x^2\) b"), formula("x^2"));
    assert_eq!(styles(r"a \[x\] b"), formula("x"));
    for source in ["$$\n\\frac{a}{b}\n$$", "\\[\n\\frac{a}{b}\n\\]", "$$\\frac{a}{b}$$"] {
        assert_eq!(kinds(source), [BlockKind::Formula { latex: r"\frac{a}{b}".to_owned() }], "{source}");
    }
}

#[test]
fn the_tags_of_nanonets_become_furniture_and_figures() {
    let figure = |text: &str| BlockKind::Figure { text: RichText::plain(text) };
    let furniture = |role, text: &str| BlockKind::Furniture { role, text: RichText::plain(text) };
    assert_eq!(
        kinds(
            "<watermark>COPY</watermark>\n\nA text <page_number>9/22</page_number>\n\n<img>A red seal</img>\n\n![a plan](page_1.png)"
        ),
        [
            furniture(FurnitureRole::Watermark, "COPY"),
            paragraph("A text"),
            furniture(FurnitureRole::PageNumber, "9/22"),
            figure("A red seal"),
            figure("a plan"),
        ]
    );
}

#[test]
fn an_html_table_has_its_spans_head_caption_and_styles() {
    let table = only_table(
        "<table border=1>\n<caption>Sales &amp; more</caption>\n\n<thead><tr><th rowspan=\"2\">Year<th colspan=2>Sum</tr><tr><th>EUR<th>USD</thead>\n\
         <tr><td>2024<td>1<br>2<td><b>3</b></tr></table>",
    );
    assert_eq!((table.rows, table.columns, table.header_rows), (3, 3, 2));
    assert_eq!(table.caption.as_ref().map(|caption| caption.text.as_str()), Some("Sales & more"));
    assert_eq!(
        cells(&table),
        [
            (0, 0, 2, 1, "Year"),
            (0, 1, 1, 2, "Sum"),
            (1, 1, 1, 1, "EUR"),
            (1, 2, 1, 1, "USD"),
            (2, 0, 1, 1, "2024"),
            (2, 1, 1, 1, "1\n2"),
            (2, 2, 1, 1, "3"),
        ]
    );
    assert_eq!(table.cells[6].text.styles[0].kind, StyleKind::Bold);
}

#[test]
fn nested_unclosed_and_ragged_tables_lose_no_text() {
    let nested =
        only_table("<table><tr><td>a<table><tr><td>b</td><td>c</td></tr></table>d</td><td>e</td></tr></table>");
    assert_eq!(cells(&nested), [(0, 0, 1, 1, "a\nb cd"), (0, 1, 1, 1, "e")]);
    assert_eq!(
        cells(&only_table("<table><tr><td>a<td>b<tr><td>c")),
        [(0, 0, 1, 1, "a"), (0, 1, 1, 1, "b"), (1, 0, 1, 1, "c")]
    );
    let stray = only_table("<table>head<tr>x<td>a</td></tr></table>");
    assert_eq!(stray.caption.as_ref().map(|caption| caption.text.as_str()), Some("head"));
    assert_eq!(cells(&stray), [(0, 0, 1, 1, "x"), (0, 1, 1, 1, "a")]);
    let ragged = only_table("| a | b |\n|---|---|\n| 1 | 2 | 3 | 4 |\n| 5 |\n");
    assert_eq!((ragged.columns, ragged.header_rows), (4, 1));
    assert!(cells(&ragged).contains(&(1, 3, 1, 1, "4")), "{ragged:?}");
    assert_eq!(kinds("<table>only text</table>"), [paragraph("only text")]);
}

#[test]
fn hostile_html_is_text() {
    let source = "<script>alert(1)</script>\n\n# <svg onload=\"x\">\n\n<x-y>";
    let plain = from_markdown(source, Vec::new()).plain_text();
    assert_eq!(plain, source.replace("# ", ""));
}

#[test]
fn nesting_is_bounded_and_loses_nothing() {
    let deep = format!("{}end", "> ".repeat(500));
    assert_eq!(from_markdown(&deep, Vec::new()).plain_text(), "end");
    let tables = format!("{}x", "<table><tr><td>".repeat(2_000));
    assert_eq!(from_markdown(&tables, Vec::new()).plain_text().trim(), "x");
}

#[test]
fn a_models_regions_are_assigned_to_the_blocks_in_them_and_returned_as_boxes() {
    let region = |kind, number, x, range: [u32; 2]| Region {
        number,
        kind,
        bounds: BoundingBox { x, y: 0, width: 1, height: 1 },
        source: Some(range.into()).filter(|_| range[1] > 0),
    };
    let regions = vec![
        region(RegionKind::Block, 0, 1, [0, 9]),
        // A second rectangle of the same block, and a figure without a word.
        region(RegionKind::Block, 0, 9, [0, 0]),
        region(RegionKind::Figure, 1, 2, [9, 9]),
        region(RegionKind::Block, 2, 3, [9, 99]),
    ];
    let text = "# Títle\n\nA text.\n";
    let content = from_markdown(text, regions);
    let found: Vec<_> = content.blocks.iter().map(|block| block.bounds.map(|bounds| bounds.x)).collect();
    assert_eq!(found, [Some(1), Some(2), Some(3)]);
    assert!(matches!(content.blocks[1].kind, BlockKind::Figure { .. }));
    assert_eq!(content.blocks[2].source, Some(TextRange::new(9, 16)));
    let boxes = content.boxes(text);
    let told: Vec<_> =
        boxes.iter().map(|found| (found.kind, found.bounds.x, found.text.as_str(), found.block)).collect();
    assert_eq!(
        told,
        [
            (BoxKind::Block, 1, "# Títle", Some(0)),
            (BoxKind::Block, 9, "", Some(0)),
            (BoxKind::Figure, 2, "", Some(1)),
            (BoxKind::Block, 3, "A text.", Some(2)),
        ]
    );
}

#[test]
fn only_marks_that_would_begin_a_list_are_escaped() {
    let written = |text: &str| PageContent::new(vec![Block::new(paragraph(text))]).markdown();
    for text in ["58.50", "-5", "+49 30", "3.5) of", "2)b"] {
        assert_eq!(written(text).trim_end(), text);
    }
    for (text, markdown) in [("1. May", r"1\. May"), ("- so", r"\- so"), ("--", r"\--"), ("7)", r"7\)"), ("+", r"\+")] {
        assert_eq!(written(text).trim_end(), markdown);
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

proptest! {
    #[test]
    fn no_letter_is_lost_or_moved(source in r"([a-c1-3 |*_#.)$=+>:\n-]|\| |\n\n|---|äß|図書){0,80}") {
        let content = from_markdown(&source, Vec::new());
        prop_assert_eq!(letters(&content.plain_text()), letters(&source));
    }

    #[test]
    fn any_text_is_parsed_with_ranges_within_it(source in r"([a-c\\`~\[\]()<>&!|*_#.$\n -]|<table|<tr>|<td |</table>|<img|```|\(|\)|\]:|äß){0,80}") {
        let content = from_markdown(&source, Vec::new());
        let length = source.chars().count() as u32;
        for block in &content.blocks {
            block.visit(&mut |block| {
                if let Some(range) = block.source {
                    assert!(range.start <= range.end && range.end <= length, "{block:?}");
                }
            });
        }
    }

    #[test]
    fn written_markdown_is_parsed_to_the_same_content(source in r"([a-c1-3 |*_#.)$=+>:<&`\[\]~!\\\n-]|\n\n|\| |---|äß){0,60}") {
        let once = from_markdown(&source, Vec::new());
        let again = from_markdown(&once.markdown(), Vec::new());
        prop_assert_eq!(letters(&again.plain_text()), letters(&once.plain_text()), "{}", once.markdown());
    }
}
