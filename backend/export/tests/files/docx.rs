use inkstream_content::{Block, BlockKind, ListItem, PageContent, RichText, Style, StyleKind, TextRange};
use inkstream_export::{Format, Options};

use super::{Element, elements, everything, file, page_of, paragraph, table, unzipped};

fn document(pages: &[PageContent]) -> Vec<Element> {
    let files = unzipped(&file(Format::Docx, Options::default(), pages));
    // A ZIP file lists its folders, too.
    for (name, content) in files.iter().filter(|(_, content)| !content.is_empty()) {
        assert!(!elements(content).is_empty(), "{name}");
    }
    let (_, content) = files.iter().find(|(name, _)| name == "word/document.xml").unwrap();
    elements(content)
}

fn texts(all: &[Element]) -> Vec<&str> {
    all.iter().filter(|element| element.name == "w:t").map(|element| element.text.as_str()).collect()
}

fn values<'a>(all: &'a [Element], name: &str) -> Vec<&'a str> {
    all.iter().filter(|element| element.name == name).filter_map(|element| element.get("w:val")).collect()
}

#[test]
fn every_block_is_there_in_its_style() {
    let all = document(&[everything()]);
    let expected = [
        "Head",
        "The Title",
        "first exam-",
        "ple",
        "quoted",
        "3.",
        "third",
        "Fruit",
        "Both",
        "red apple",
        "3",
        "4",
        "a cat",
        "a<b",
        "if x {",
        "  y",
        "}",
    ];
    assert_eq!(texts(&all), expected);
    let styles = values(&all, "w:pStyle");
    let expected = [
        "PageFurniture",
        "Heading1",
        "Normal",
        "Normal",
        "ListParagraph",
        "Caption",
        "Caption",
        "Formula",
        "HTMLPreformatted",
    ];
    assert_eq!(styles, expected);
}

#[test]
fn tables_have_their_spans_and_rows_cover_all_columns() {
    let all = document(&[everything()]);
    assert_eq!(values(&all, "w:gridSpan"), ["2"]);
    assert_eq!(values(&all, "w:vMerge"), ["restart", "continue"]);
    assert_eq!(all.iter().filter(|element| element.name == "w:tc").count(), 5);
    assert_eq!(all.iter().filter(|element| element.name == "w:gridCol").count(), 2);
}

#[test]
fn lists_with_bullets_are_lists_and_styles_are_kept() {
    let text = RichText {
        text: "bold both italic".to_owned(),
        styles: vec![
            Style { range: TextRange::new(0, 9), kind: StyleKind::Bold },
            Style { range: TextRange::new(5, 16), kind: StyleKind::Italic },
        ],
        lines: Vec::new(),
    };
    let item = |marker: &str, text: RichText| ListItem {
        marker: marker.to_owned(),
        checked: None,
        marker_bounds: None,
        blocks: vec![paragraph(text)],
    };
    let list = BlockKind::List { items: vec![item("-", text), item("7)", RichText::plain("seventh"))] };
    let all = document(&[PageContent::new(vec![Block::new(list)])]);
    assert_eq!(texts(&all), ["bold ", "both", " italic", "7)", "seventh"]);
    assert_eq!(values(&all, "w:numId"), ["1"]);
    assert_eq!(all.iter().filter(|element| element.name == "w:b").count(), 2);
    assert_eq!(all.iter().filter(|element| element.name == "w:i").count(), 2);
}

#[test]
fn pages_begin_on_a_new_page() {
    let all = document(&[everything(), everything(), PageContent::default()]);
    let breaks = all.iter().filter(|element| element.name == "w:br" && element.get("w:type") == Some("page"));
    assert_eq!(breaks.count(), 2);
}

#[test]
fn a_table_that_is_too_wide_for_word_is_lines_of_text() {
    let row: Vec<String> = (0..64).map(|number| number.to_string()).collect();
    let row: Vec<&str> = row.iter().map(String::as_str).collect();
    let all = document(&[page_of(table(&[&row, &row]))]);
    assert_eq!(texts(&all).len(), 128);
    assert!(all.iter().all(|element| element.name != "w:tbl"));
}
