//! Tesseract: lines as they are recognized, and what the page is made of in the end.

use std::{io::Write, ops::ControlFlow, path::Path, process::Command};

use inkstream_core::image::{ImageEncoding, ImageSpec};
use inkstream_native::{
    recognized::{ReadLine, ReadPage},
    tesseract::{Reader, Tesseract, installed_languages},
};
use inkstream_testkit::fixtures::{page, pdf, pdf::Placed};
use inkstream_wire::{BoxKind, PixelBox, TextBox};

use super::opening;

const TESSDATA: &str = "/usr/share/tesseract-ocr/5/tessdata";

/// A grey image.
pub(crate) struct Grey {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) dpi: Option<f32>,
    pub(crate) pixels: Vec<u8>,
}

impl Grey {
    pub(crate) fn render(document: &[u8]) -> Self {
        let image = opening::render(document, 1, &opening::GREY).expect("a sound page");
        let (width, height) = image.size();
        Self { width, height, dpi: image.rendered.dpi, pixels: image.bytes }
    }

    fn plain(width: u32, height: u32, value: u8) -> Self {
        Self { width, height, dpi: None, pixels: vec![value; (width * height) as usize] }
    }
}

fn reader() -> Reader {
    reader_of("eng")
}

/// A reader of languages, such as `eng+deu`.
pub(crate) fn reader_of(languages: &str) -> Reader {
    let tesseract = Tesseract::load().expect("libtesseract5 is installed");
    let languages: Vec<_> = languages.split('+').map(str::to_owned).collect();
    tesseract.reader(Path::new(TESSDATA), &languages).expect("its models are installed: scripts/setup-system.sh test")
}

pub(crate) fn read(reader: &mut Reader, grey: &Grey) -> (Vec<ReadLine>, ReadPage) {
    let mut lines = Vec::new();
    let page = reader.recognize(&grey.pixels, grey.width, grey.height, grey.dpi, &mut |line| {
        lines.push(line);
        ControlFlow::Continue(())
    });
    (lines, page.expect("a page"))
}

/// The boxes of the page, as its answer contains them.
pub(crate) fn boxes(lines: &[ReadLine], page: &ReadPage) -> Vec<TextBox> {
    let text = text(lines);
    inkstream_content::from_layout(&text, &page.layout, None).boxes(&text)
}

pub(crate) fn text(lines: &[ReadLine]) -> String {
    lines.iter().map(|line| line.text.as_str()).collect()
}

/// What Tesseract's own program makes of a page as a whole.
pub(crate) fn whole(document: &[u8], languages: &str) -> String {
    program(document, languages, &["-c", "paragraph_text_based=0"])
}

/// The same with options.
pub(crate) fn program(document: &[u8], languages: &str, options: &[&str]) -> String {
    let spec = ImageSpec { format: ImageEncoding::Png, ..opening::GREY };
    let image = opening::render(document, 1, &spec).expect("a sound page");
    let mut file = tempfile::NamedTempFile::with_suffix(".png").expect("a temporary file");
    file.write_all(&image.bytes).expect("room for it");
    let dpi = image.rendered.dpi.expect("known").round().to_string();
    let output = Command::new("tesseract")
        .env("OMP_THREAD_LIMIT", "1")
        .arg(file.path())
        .args(["stdout", "--tessdata-dir", TESSDATA, "-l", languages, "--oem", "1", "--psm", "3", "--dpi", &dpi])
        .args(["-c", "page_separator="])
        .args(options)
        .output()
        .expect("tesseract-ocr is installed");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Two columns of two paragraphs each below a heading.
pub(crate) fn columns() -> Vec<u8> {
    let left = [
        "Salt was the first trade",
        "of the coast. Pans were dug",
        "behind the dunes and filled",
        "",
        "By June the wind had done",
        "the work of the fire, and",
        "carts came for the harvest",
    ];
    let right = [
        "Nobody wrote down the price",
        "until a clerk from the city",
        "asked to see the accounts",
        "",
        "There were none to show him",
        "so he counted the carts and",
        "made a tax out of the number",
    ];
    let mut lines = vec![Placed { x: 72, y: 780, size: 24, text: "The Salt Roads" }];
    for (x, column) in [(72, left), (330, right)] {
        for (row, text) in (0..).zip(column) {
            lines.push(Placed { x, y: 700 - 18 * row, size: 12, text });
        }
    }
    pdf::placed_pages(&[lines])
}

#[test]
fn the_lines_add_up_to_the_text_that_tesseract_makes_of_the_page_as_a_whole() {
    let sparse = pdf::placed_pages(&[vec![
        Placed { x: 72, y: 780, size: 30, text: "INVOICE 4711" },
        Placed { x: 72, y: 600, size: 10, text: "Two lamps ................ 24.50" },
        Placed { x: 72, y: 580, size: 10, text: "One rope of forty feet ... 11.00" },
        Placed { x: 400, y: 100, size: 10, text: "Page 1 of 1" },
    ]]);
    let mut reader = reader();
    for document in [page::IMAGE, &columns(), &sparse, &pdf::numbered(1)] {
        let (lines, _) = read(&mut reader, &Grey::render(document));
        assert_eq!(text(&lines), whole(document, "eng"));
        assert!(lines.iter().all(|line| line.text.trim() != ""));
    }
}

#[test]
fn a_page_is_read_right_line_by_line() {
    let (lines, page) = read(&mut reader(), &Grey::render(page::IMAGE));
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&text(&lines)), words(page::TEXT));
    assert_eq!(lines.len(), page::TEXT.lines().filter(|line| !line.is_empty()).count());
    assert!(page.confidence.is_some_and(|confidence| confidence > 80.0), "{:?}", page.confidence);
}

#[test]
fn boxes_lie_within_the_page_and_form_a_tree() {
    let grey = Grey::render(&columns());
    let (lines, page) = read(&mut reader(), &grey);
    let boxes = boxes(&lines, &page);
    let of_kind = |kind| boxes.iter().filter(move |place| place.kind == kind);
    let inside = |inner: PixelBox, outer: PixelBox| {
        inner.x >= outer.x
            && inner.y >= outer.y
            && inner.x + inner.width <= outer.x + outer.width
            && inner.y + inner.height <= outer.y + outer.height
    };
    let sheet = PixelBox { x: 0, y: 0, width: grey.width, height: grey.height };
    assert!(boxes.iter().all(|place| place.bounds.width > 0 && inside(place.bounds, sheet)));

    let said: Vec<_> = lines.iter().map(|line| (line.text.trim(), line.bounds)).collect();
    let found: Vec<_> = of_kind(BoxKind::Line).map(|line| (line.text.as_str(), line.bounds)).collect();
    assert_eq!(said, found);
    assert!(
        of_kind(BoxKind::Line).map(|line| line.line).eq((0..found.len() as u32).map(Some)),
        "counted over the page"
    );
    for (number, line) in (0..).zip(of_kind(BoxKind::Line)) {
        let words: Vec<_> = of_kind(BoxKind::Word).filter(|word| word.line == Some(number)).collect();
        assert_eq!(words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "), line.text);
        for word in words {
            assert_eq!((word.block, word.paragraph), (line.block, line.paragraph));
            assert!(word.confidence.is_some_and(|confidence| (0.0..=100.0).contains(&confidence)));
        }
    }
    let blocks = of_kind(BoxKind::Block).count() as u32;
    assert!(blocks >= 2, "{blocks}");
    assert!(of_kind(BoxKind::Line).all(|line| line.block.is_some_and(|block| block < blocks)));
    assert!(of_kind(BoxKind::Block).all(|block| block.text.is_empty() && block.line.is_none()));
}

#[test]
fn no_line_comes_twice_where_rules_and_specks_were_taken_for_lines() {
    // The web page's sample has hairlines, which Tesseract takes for lines and finds empty.
    let sample = include_bytes!("../../../../frontend/assets/sample.png");
    let (lines, page) = read(&mut reader(), &Grey::render(sample));
    let said: Vec<_> = lines.iter().map(|line| (line.text.trim(), line.bounds)).collect();
    let boxes = boxes(&lines, &page);
    let found: Vec<_> = boxes
        .iter()
        .filter(|place| place.kind == BoxKind::Line)
        .map(|line| (line.text.as_str(), line.bounds))
        .collect();
    assert!(said.len() > 10);
    assert_eq!(said, found);
}

#[test]
fn the_first_line_comes_while_the_page_is_still_read() {
    let grey = Grey::render(page::IMAGE);
    let mut reader = reader();
    let mut seen = 0;
    let stopped = reader.recognize(&grey.pixels, grey.width, grey.height, grey.dpi, &mut |_| {
        seen += 1;
        ControlFlow::Break(())
    });
    assert_eq!((seen, stopped.map(|page| page.layout.len())), (1, Ok(0)));
    assert_eq!(read(&mut reader, &grey).0.len(), 12, "the reader is as good as new");
}

#[test]
fn a_panic_in_the_callback_passes_through_and_leaves_the_reader_usable() {
    let grey = Grey::render(page::IMAGE);
    let mut reader = reader();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        reader.recognize(&grey.pixels, grey.width, grey.height, grey.dpi, &mut |_| panic!("the callback's own"))
    }));
    assert!(panicked.is_err());
    assert!(!read(&mut reader, &grey).0.is_empty());
}

#[test]
fn blank_and_tiny_images_have_no_text_and_do_no_harm() {
    let mut reader = reader();
    for (width, height) in [(1, 1), (1, 500), (500, 1), (3, 3), (31, 40), (800, 600)] {
        for value in [255, 0, 128] {
            let (lines, page) = read(&mut reader, &Grey::plain(width, height, value));
            assert_eq!(text(&lines), "", "{width} by {height} of {value}");
            assert_eq!(page.confidence, None, "{width} by {height} of {value}");
        }
    }
    let none: &mut dyn FnMut(ReadLine) -> ControlFlow<()> = &mut |_| ControlFlow::Continue(());
    assert!(reader.recognize(&[0; 5], 2, 2, None, none).is_err());
    assert!(reader.recognize(&[], 0, 0, None, none).is_err());
}

#[test]
fn models_are_found_and_missing_ones_named() {
    let languages = installed_languages(Path::new(TESSDATA));
    assert!(languages.contains(&"eng".to_owned()) && !languages.contains(&"osd".to_owned()), "{languages:?}");
    assert!(languages.is_sorted());
    assert!(installed_languages(Path::new("/nowhere")).is_empty());

    let tesseract = Tesseract::load().expect("libtesseract5 is installed");
    assert!(tesseract.version().starts_with('5'), "{}", tesseract.version());
    let error = tesseract.reader(Path::new(TESSDATA), &["xxx".to_owned()]).err();
    assert_eq!(error.as_deref(), Some("no models for xxx can be loaded"));
}
