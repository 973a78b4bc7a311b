//! PP-OCR: lines as they are recognized, their order and their places.

use std::{ops::ControlFlow, sync::LazyLock};

use inkstream_native::{
    neural::{Model, Models, Orientation, turned},
    ppocr::Reader,
    recognized::{ReadLine, ReadPage},
};
use inkstream_testkit::fixtures::{
    page,
    pdf::{self, Placed},
    png, scripts,
};
use inkstream_wire::PixelBox;

use super::tesseract_lines::{Grey, boxes, columns, text};

fn model(model: Model) -> Vec<u8> {
    let folder = std::env::home_dir().unwrap_or_default().join(".cache/inkstream/models");
    Models(&folder).read(model).expect("the models are installed: scripts/setup-models.sh")
}

static READER: LazyLock<Reader> = LazyLock::new(|| {
    Reader::load(model(Model::Detection), model(Model::Recognition), model(Model::TableStructure))
        .expect("sound models")
});

pub(crate) fn read(grey: &Grey) -> (Vec<ReadLine>, ReadPage) {
    let mut lines = Vec::new();
    let page = READER.recognize(grey.pixels.clone(), grey.width, grey.height, &mut |line| {
        lines.push(line);
        ControlFlow::Continue(())
    });
    (lines, page.expect("a page"))
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn a_page_is_read_right_line_by_line() {
    let (lines, page) = read(&Grey::render(page::IMAGE));
    assert_eq!(words(&text(&lines)), words(page::TEXT));
    assert_eq!(lines.len(), page::TEXT.lines().filter(|line| !line.is_empty()).count());
    assert!(page.confidence.is_some_and(|confidence| confidence > 90.0), "{:?}", page.confidence);
}

#[test]
fn a_tilted_page_is_read_right() {
    for degrees in [-8.0, 5.0] {
        let (lines, _) = read(&Grey::render(&png::tilted(page::IMAGE, degrees)));
        assert_eq!(words(&text(&lines)), words(page::TEXT), "{degrees}");
    }
}

#[test]
fn columns_are_read_one_after_the_other_with_their_paragraphs() {
    let (lines, page) = read(&Grey::render(&columns()));
    let text = text(&lines);
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
    assert!(at("The Salt Roads") < at("Salt was the first"), "{text}");
    assert!(at("carts came for the harvest") < at("Nobody wrote down"), "{text}");
    assert!(text.contains("filled\n\nBy June") && text.contains("accounts\n\nThere were"), "{text}");
    assert_eq!(page.layout.len(), 5);
}

#[test]
fn the_rows_of_a_table_stay_together_and_its_structure_is_returned() {
    let mut placed =
        vec![Placed { x: 72, y: 760, size: 12, text: "The harbour office sells what a boat needs for the winter." }];
    let rows =
        [["Lamp oil", "24.50", "3"], ["Hemp rope", "11.00", "40"], ["Tar", "7.25", "12"], ["Canvas", "98.10", "1"]];
    for (row, cells) in (0..).zip(rows) {
        for (x, text) in [72, 300, 450].into_iter().zip(cells) {
            placed.push(Placed { x, y: 700 - 20 * row, size: 12, text });
        }
    }
    let (lines, page) = read(&Grey::render(&pdf::placed_pages(&[placed])));
    let found: Vec<_> = lines.iter().skip(1).map(|line| line.text.trim().to_owned()).collect();
    assert_eq!(found, rows.map(|cells| cells.join(" ")));
    let [table] = &page.tables[..] else { panic!("{:?}", page.tables) };
    assert_eq!(table.block, 1);
    let cells_of = |row: u32| table.cells.iter().filter(|cell| cell.row == row).count();
    assert_eq!([0, 1, 2, 3, 4].map(cells_of), [3, 3, 3, 3, 0]);
}

#[test]
fn words_are_where_the_page_shows_them() {
    let grey = Grey::render(page::IMAGE);
    let (lines, page) = read(&grey);
    let found = boxes(&lines, &page);
    let of_kind = |name: &str| found.iter().filter(|place| format!("{:?}", place.kind) == name).collect::<Vec<_>>();
    let (all_lines, all_words) = (of_kind("Line"), of_kind("Word"));
    assert_eq!(all_words.len(), words(page::TEXT).len());
    for word in all_words {
        let line = all_lines.iter().find(|line| line.line == word.line).expect("its line");
        let PixelBox { x, y, width, height } = word.bounds;
        assert!(width > 0 && height > 0 && x + width <= grey.width && y + height <= grey.height, "{word:?}");
        assert!(x >= line.bounds.x && x + width <= line.bounds.x + line.bounds.width, "{word:?} in {line:?}");
        let ink = (y..y + height).flat_map(|y| (x..x + width).map(move |x| (x, y)));
        let dark = ink.filter(|(x, y)| grey.pixels[(y * grey.width + x) as usize] < 128).count();
        assert!(dark > 10, "{word:?} has no ink");
    }
}

#[test]
fn the_first_line_comes_while_the_page_is_still_read() {
    let grey = Grey::render(page::IMAGE);
    let mut seen = 0;
    let stopped = READER.recognize(grey.pixels.clone(), grey.width, grey.height, &mut |_| {
        seen += 1;
        ControlFlow::Break(())
    });
    assert_eq!((seen, stopped.map(|page| page.layout.len())), (1, Ok(1)));
}

#[test]
fn blank_tiny_and_noisy_images_have_no_text_and_do_no_harm() {
    let noise = |x: u32| (x.wrapping_mul(2_654_435_761) >> 13) as u8;
    for (width, height) in [(1, 1), (1, 500), (500, 1), (3, 3), (31, 40), (800, 600)] {
        let noisy = Grey { width, height, dpi: None, pixels: (0..width * height).map(noise).collect() };
        let plain = [255, 0, 128].map(|value| Grey { pixels: vec![value; (width * height) as usize], ..noisy });
        for grey in plain.iter().chain([&noisy]) {
            let (lines, page) = read(grey);
            assert_eq!((text(&lines).as_str(), page.confidence), ("", None), "{width} by {height}");
        }
    }
    let none: &mut dyn FnMut(ReadLine) -> ControlFlow<()> = &mut |_| ControlFlow::Continue(());
    assert!(READER.recognize(vec![0; 5], 2, 2, none).is_err());
    assert!(READER.recognize(Vec::new(), 0, 0, none).is_err());
}

#[test]
fn chinese_and_japanese_are_read_without_spaces_between_characters() {
    for page in [scripts::CHINESE, scripts::JAPANESE] {
        let (lines, _) = read(&Grey::render(page.image));
        let text = text(&lines);
        assert!(text.chars().filter(|character| !character.is_ascii()).count() > 20, "{text}");
        let spaces = text.trim().matches(' ').count();
        assert!(spaces * 10 < text.chars().count(), "{text}");
        if let Some(expected) = page.text {
            let joined = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(joined(&text), joined(expected));
        }
    }
}

#[test]
fn a_page_on_its_side_or_head_is_recognized_as_such_and_an_upright_one_stays() {
    let orientation = Orientation::load(model(Model::Orientation)).expect("a sound model");
    let grey = Grey::render(page::IMAGE);
    for (rotation, back) in [(0, 0), (90, 270), (180, 180), (270, 90)] {
        let (pixels, width, height) = turned(grey.pixels.clone(), grey.width, grey.height, rotation);
        assert_eq!(orientation.rotation(&pixels, width, height), Ok(back), "{rotation}");
    }
    let (width, height) = (800, 600);
    assert_eq!(orientation.rotation(&vec![255; 800 * 600], width, height), Ok(0), "a blank page");
    assert_eq!(orientation.rotation(&[255; 1], 1, 1), Ok(0), "a pixel");
}
