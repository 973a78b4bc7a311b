//! Tesseract: pages without a resolution, with false columns, and tilted ones.

use inkstream_native::recognized::{ReadLine, ReadPage};
use inkstream_testkit::fixtures::{page, pdf, pdf::Placed, png};
use inkstream_wire::{BoxKind, PixelBox};

use super::tesseract_lines::{Grey, boxes, columns, program, read, reader_of, text};

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// A page of rows of these words, each at the same place in every row.
fn rows(count: u32, places: &[(u32, &str)]) -> (Vec<u8>, String) {
    let placed = (0..count)
        .flat_map(|row| places.iter().map(move |(x, text)| Placed { x: *x, y: 780 - 14 * row, size: 10, text }))
        .collect();
    let line = places.iter().map(|(_, text)| *text).collect::<Vec<_>>().join(" ");
    (pdf::placed_pages(&[placed]), vec![line; count as usize].join("\n"))
}

#[test]
fn repeated_lines_without_a_resolution_are_read_line_by_line() {
    let (document, expected) = rows(40, &[(72, "The quick brown fox jumps over the lazy dog near the bank")]);
    let grey = Grey { dpi: None, ..Grey::render(&document) };
    let (lines, _) = read(&mut reader_of("eng"), &grey);
    assert_eq!(words(&text(&lines)), words(&expected));
    assert_eq!(lines.len(), 40);
}

#[test]
fn words_below_each_other_are_no_columns() {
    // A typewriter's spaces.
    let (document, expected) = rows(
        40,
        &[(72, "request"), (115, "written"), (158, "station"), (198, "without"), (242, "further"), (282, "notice")],
    );
    let by_itself = program(&document, "eng", &[]);
    assert_ne!(words(&by_itself), words(&expected), "Tesseract itself finds columns");
    let mut reader = reader_of("eng");
    let (lines, page) = read(&mut reader, &Grey::render(&document));
    assert_eq!(words(&text(&lines)), words(&expected));
    assert_eq!((lines.len(), page.layout.len()), (40, 1));
    // The next page has its columns.
    let (lines, _) = read(&mut reader, &Grey::render(&columns()));
    let text = text(&lines);
    let at = |words: &str| text.find(words).expect("it is read");
    assert!(at("carts came") < at("Nobody"), "{text}");
}

fn word_boxes(lines: &[ReadLine], page: &ReadPage) -> Vec<PixelBox> {
    boxes(lines, page).into_iter().filter(|found| found.kind == BoxKind::Word).map(|word| word.bounds).collect()
}

#[test]
fn a_tilted_page_is_read_as_an_upright_one_and_its_boxes_are_where_the_words_are() {
    let upright = Grey::render(page::IMAGE);
    let mut reader = reader_of("eng");
    let (straight_lines, straight) = read(&mut reader, &upright);
    for degrees in [-6.0, -2.0, 1.0, 4.0] {
        let grey = Grey::render(&png::tilted(page::IMAGE, degrees));
        let (lines, page) = read(&mut reader, &grey);
        let text = text(&lines);
        let right = words(&text).into_iter().zip(words(page::TEXT)).filter(|(found, word)| found == word).count();
        // The fixture's letters have jagged edges.
        assert!(right + 2 >= words(page::TEXT).len(), "{degrees}: {right} words of {text}");
        let (found, before) = (word_boxes(&lines, &page), word_boxes(&straight_lines, &straight));
        assert_eq!(found.len(), before.len());
        let (sin, cos) = (f64::to_radians(degrees) as f32).sin_cos();
        let middle = |bounds: &PixelBox| {
            let (x, y) = (bounds.x as f32 + bounds.width as f32 / 2.0, bounds.y as f32 + bounds.height as f32 / 2.0);
            (x - grey.width as f32 / 2.0, y - grey.height as f32 / 2.0)
        };
        assert!(found.iter().all(|word| word.x + word.width <= grey.width && word.y + word.height <= grey.height));
        let is_near = |(found, before): &(&PixelBox, &PixelBox)| {
            let ((x, y), (was_x, was_y)) = (middle(found), middle(before));
            let (to_x, to_y) = (was_x * cos - was_y * sin, was_x * sin + was_y * cos);
            (x - to_x).hypot(y - to_y) < 8.0
        };
        let near = found.iter().zip(&before).filter(is_near).count();
        // Tesseract itself is wrong about the height of a word or two.
        assert!(near * 20 >= found.len() * 19, "{degrees}: {near} of {} words", found.len());
    }
}
