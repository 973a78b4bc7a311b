//! The boxes of pages, as clients get them, as they were before they were a projection of the content.

use inkstream_content::{LayoutBlock, from_layout};
use inkstream_core::text_layer;
use inkstream_testkit::fixtures::scripts;
use inkstream_wire::TextBox;

use super::{
    decode_text::{found, letter},
    tesseract_lines::{Grey, read, reader_of, text},
};

/// Compares the boxes of a page with a recording, which has the JSON of one box on each line.
fn compare(text: &str, layout: &[LayoutBlock], recorded: &str) {
    let content = from_layout(text, layout, None);
    let boxes = content.boxes(text);
    let recorded: Vec<TextBox> =
        recorded.lines().map(|line| serde_json::from_str(line).expect("a recorded box")).collect();
    for (found, recorded) in boxes.iter().zip(&recorded) {
        assert_eq!(found, recorded);
    }
    assert_eq!(boxes.len(), recorded.len());
    // What is stored is the content.
    let stored = serde_json::to_string(&content).expect("JSON");
    let read: inkstream_content::PageContent = serde_json::from_str(&stored).expect("content");
    assert_eq!(read.boxes(text), boxes);
    // All of the text is in it, and nothing else.
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&content.plain_text()), words(text));
}

#[test]
fn boxes_of_a_page_with_rules_are_numbered_as_tesseract_counts_them() {
    // Tesseract takes its rules for blocks without text, which it counts.
    let sample = include_bytes!("../../../../frontend/assets/sample.png");
    let (lines, page) = read(&mut reader_of("eng"), &Grey::render(sample));
    compare(&text(&lines), &page.layout, include_str!("recorded/rules.jsonl"));
}

#[test]
fn boxes_of_a_page_that_is_written_from_right_to_left_are_in_reading_order() {
    let (lines, page) = read(&mut reader_of("heb"), &Grey::render(scripts::HEBREW.image));
    compare(&text(&lines), &page.layout, include_str!("recorded/hebrew.jsonl"));
}

#[test]
fn boxes_of_a_text_layer_are_its_paragraphs_lines_and_words() {
    let letter = found(&letter());
    let text: String = text_layer::lines(&letter).map(|(line, _)| line).collect();
    compare(&text, &text_layer::layout(&letter), include_str!("recorded/letter.jsonl"));
}
