//! Tesseract on pages that are written from right to left, or without spaces.

use inkstream_native::recognized::ReadLine;
use inkstream_testkit::fixtures::scripts::{self, Page};
use inkstream_wire::{BoxKind, TextBox};

use super::tesseract_lines::{Grey, boxes, program, read, reader_of, text, whole};

fn read_page(page: &Page, languages: &str) -> (Vec<ReadLine>, Vec<TextBox>) {
    let (lines, page) = read(&mut reader_of(languages), &Grey::render(page.image));
    let boxes = boxes(&lines, &page);
    (lines, boxes)
}

fn of_kind(boxes: &[TextBox], kind: BoxKind) -> impl Iterator<Item = &TextBox> {
    boxes.iter().filter(move |place| place.kind == kind)
}

/// Without white space and marks of direction.
fn letters(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, '\u{200e}' | '\u{200f}')).collect()
}

fn with_something_on_them(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty()).collect()
}

#[test]
fn lines_add_up_to_what_tesseracts_program_prints() {
    for page in scripts::ALL {
        let (lines, _) = read_page(&page, page.languages);
        let said = text(&lines);
        assert_eq!(said, whole(page.image, page.languages), "{}", page.languages);
        // By itself the program tells paragraphs by their text, which is not there while lines are handed out.
        let by_itself = program(page.image, page.languages, &[]);
        assert_eq!(with_something_on_them(&said), with_something_on_them(&by_itself), "{}", page.languages);
        if let Some(expected) = page.text {
            assert_eq!(with_something_on_them(&said), with_something_on_them(expected), "{}", page.languages);
        }
    }
}

#[test]
fn any_set_of_models_reads_as_tesseracts_program_does() {
    for (page, languages) in [
        (scripts::MIXED, "ara+eng"),
        (scripts::MIXED, "heb+eng"),
        (scripts::MIXED, "fas"),
        (scripts::MIXED, "chi_sim+ara"),
        (scripts::ARABIC, "chi_sim+ara"),
        (scripts::AMBIGUOUS, "chi_sim+ara"),
        (scripts::AMBIGUOUS, "eng+ara"),
        (scripts::HEBREW, "eng+heb"),
        (scripts::CHINESE, "eng+chi_sim"),
        (scripts::CHINESE, "ara"),
    ] {
        let (lines, _) = read_page(&page, languages);
        assert_eq!(text(&lines), whole(page.image, languages), "{languages} on {}", page.languages);
    }
}

#[test]
fn lines_boxes_and_words_agree() {
    for page in scripts::ALL {
        let (lines, read) = read_page(&page, page.languages);
        let said: Vec<_> = lines.iter().map(|line| (line.text.trim(), line.bounds)).collect();
        let found: Vec<_> = of_kind(&read, BoxKind::Line).map(|line| (line.text.as_str(), line.bounds)).collect();
        assert_eq!(said, found, "{}", page.languages);
        for line in of_kind(&read, BoxKind::Line) {
            let words: Vec<_> = of_kind(&read, BoxKind::Word).filter(|word| word.line == line.line).collect();
            let joined: String = words.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(letters(&joined), letters(&line.text), "{}", page.languages);
            let confidences: Vec<_> = words.iter().filter_map(|word| word.confidence).collect();
            let mean = confidences.iter().sum::<f32>() / confidences.len() as f32;
            assert!(line.confidence.is_some_and(|sure| (sure - mean).abs() < 1.0), "{line:?}: {mean}");
        }
    }
}

#[test]
fn words_that_are_written_from_right_to_left_come_from_the_right() {
    let (_, page) = read_page(&scripts::HEBREW, "heb");
    let first: Vec<_> = of_kind(&page, BoxKind::Word).filter(|word| word.line == Some(0)).collect();
    assert!(first.len() > 4);
    assert!(first.is_sorted_by(|word, next| word.bounds.x > next.bounds.x), "{first:?}");
}

#[test]
fn a_line_comes_as_soon_as_its_direction_is_known() {
    // Counts the lines that come before the page is read to its end: a callback that gives up there is not asked again.
    let early = |page: Page| {
        let grey = Grey::render(page.image);
        let mut reader = reader_of(page.languages);
        let mut seen = 0;
        let stopped = reader.recognize(&grey.pixels, grey.width, grey.height, grey.dpi, &mut |_| {
            seen += 1;
            std::ops::ControlFlow::Break(())
        });
        (seen, stopped.map(|page| page.layout.len()))
    };
    assert_eq!(early(scripts::ARABIC), (1, Ok(0)));
    assert_eq!(early(scripts::CHINESE), (1, Ok(0)));
}
