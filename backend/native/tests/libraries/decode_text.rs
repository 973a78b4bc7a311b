//! Embedded text: words where their ink is, lines and paragraphs, and pages that have none.

use inkstream_core::{
    image::ImageSpec,
    ports::{EmbeddedText, EmbeddedWord},
};
use inkstream_native::decode::{self, DecodeError, MAX_CHARACTERS};
use inkstream_testkit::fixtures::{page, pdf, pdf::Placed};

use super::opening::{GREY, LIMITS, PDFIUM, file, render};

pub(crate) fn text(document: &[u8], spec: &ImageSpec) -> Result<Option<EmbeddedText>, DecodeError> {
    decode::open(file(document), None, &PDFIUM, &LIMITS)?.text(1, spec, 64 << 20)
}

pub(crate) fn found(document: &[u8]) -> EmbeddedText {
    text(document, &GREY).expect("a sound page").expect("text")
}

pub(crate) fn words(text: &EmbeddedText) -> impl Iterator<Item = &EmbeddedWord> {
    text.lines.iter().flat_map(|line| &line.words)
}

/// The text, with `¶` where a paragraph begins.
pub(crate) fn told(text: &EmbeddedText) -> Vec<String> {
    let line = |words: &[EmbeddedWord]| words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    let mark = |paragraph| if paragraph { "¶ " } else { "" };
    text.lines.iter().map(|it| mark(it.paragraph).to_owned() + &line(&it.words)).collect()
}

pub(crate) fn letter() -> Vec<u8> {
    let line = |y, text| Placed { x: 72, y, size: 12, text };
    pdf::placed_pages(&[vec![
        Placed { x: 72, y: 780, size: 24, text: "The Salt Roads" },
        line(700, "Salt was the first trade of the coast,"),
        line(682, "and pans were dug behind the dunes."),
        line(646, "By June the wind had done the work,"),
        line(628, "and carts came for the harvest."),
    ]])
}

/// A page with further entries (`/Rotate 90`), further objects from number 5 on, and resources beside its font.
pub(crate) fn sheet(entries: &str, resources: &str, content: &str, objects: &[&str]) -> Vec<u8> {
    document("", entries, resources, content, objects)
}

/// The same with further entries of the catalogue.
pub(crate) fn document(catalog: &str, entries: &str, resources: &str, content: &str, objects: &[&str]) -> Vec<u8> {
    let catalog = format!("<< /Type /Catalog /Pages 2 0 R {catalog} >>");
    let stream = format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len());
    let page = format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] {entries} /Contents 4 0 R /Resources << /Font << /F1 \
         << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> {resources} >> >>"
    );
    let fixed = [&catalog, "<< /Type /Pages /Count 1 /Kids [3 0 R] >>", &page, &stream];
    // Without a table of objects: PDFium looks for them.
    let numbered = (1..).zip(fixed.iter().chain(objects));
    let objects: Vec<String> = numbered.map(|(number, body)| format!("{number} 0 obj\n{body}\nendobj\n")).collect();
    format!("%PDF-1.7\n{}trailer << /Root 1 0 R >>\n%%EOF\n", objects.concat()).into_bytes()
}

/// All ink is inside words' boxes (PDFium may move it by a pixel to sharpen it), and each box has some.
#[track_caller]
fn agrees_with_its_ink(document: &[u8], spec: &ImageSpec) {
    let text = text(document, spec).expect("a sound page").expect("text");
    let mut image = render(document, 1, spec).expect("a sound page");
    assert_eq!((text.width, text.height), image.size());
    assert_eq!(Some(text.dpi), image.rendered.dpi);
    for EmbeddedWord { text: word, bounds } in words(&text) {
        let mut ink = 0;
        for y in bounds.y.saturating_sub(1)..(bounds.y + bounds.height + 1).min(text.height) {
            for x in bounds.x.saturating_sub(1)..(bounds.x + bounds.width + 1).min(text.width) {
                ink += usize::from(image.grey(x, y) < 128);
                image.bytes[(y * text.width + x) as usize] = 255;
            }
        }
        let area = (bounds.width * bounds.height) as usize;
        assert!(ink > area / 20, "{word} at {bounds:?}: {ink} of {area}");
    }
    let left = image.bytes.iter().filter(|value| **value < 200).count();
    assert_eq!(left, 0, "ink outside of all words");
}

#[test]
fn words_lie_at_their_ink_however_the_page_is_drawn() {
    for rotation in [0, 90, 180, 270] {
        agrees_with_its_ink(&letter(), &ImageSpec { rotation, ..GREY });
        agrees_with_its_ink(&letter(), &ImageSpec { rotation, max_side: Some(900), ..GREY });
    }
    agrees_with_its_ink(&letter(), &ImageSpec { dpi: 36.0, min_side: 500, ..GREY });
}

#[test]
fn words_lie_at_their_ink_on_rotated_cropped_or_scaled_pages() {
    let content = "BT /F1 14 Tf 60 120 Td (Carts came) Tj 0 -20 Td (for the harvest) Tj ET";
    for entries in ["/Rotate 90", "/Rotate 180", "/Rotate 270 /CropBox [30 20 250 180]", "/UserUnit 2"] {
        for rotation in [0, 90] {
            agrees_with_its_ink(&sheet(entries, "", content, &[]), &ImageSpec { rotation, ..GREY });
        }
    }
}

#[test]
fn lines_and_paragraphs_are_the_pages() {
    let text = found(&letter());
    assert_eq!(
        told(&text),
        [
            "¶ The Salt Roads",
            "¶ Salt was the first trade of the coast,",
            "and pans were dug behind the dunes.",
            "¶ By June the wind had done the work,",
            "and carts came for the harvest.",
        ]
    );
    assert_eq!((text.unmapped, text.image_cover), (0, 0.0));
}

#[test]
fn a_turned_page_has_the_same_lines() {
    let content = "BT /F1 12 Tf 0 1 -1 0 100 20 Tm (One line) Tj 0 -15 Td (and another) Tj 0 -40 Td (A third) Tj ET";
    assert_eq!(told(&found(&sheet("/Rotate 90", "", content, &[]))), ["¶ One line", "and another", "¶ A third"]);
}

#[test]
fn a_hyphen_at_a_lines_end_stays() {
    let line = |y, text| Placed { x: 72, y, size: 12, text };
    let document = pdf::placed_pages(&[vec![line(700, "more infor-"), line(685, "mation is well-known")]]);
    assert_eq!(told(&found(&document)), ["¶ more infor-", "mation is well-known"]);
}

#[test]
fn text_outside_of_the_page_is_left_out() {
    let content = "BT /F1 12 Tf 20 100 Td (inside) Tj 2000 0 Td (outside) Tj ET";
    let document = sheet("", "", content, &[]);
    assert_eq!(words(&found(&document)).map(|word| word.text.as_str()).collect::<Vec<_>>(), ["inside"]);
}

#[test]
fn characters_that_the_file_does_not_tell_are_counted() {
    // The codes of a font without a table of characters: the embedded program that would tell more is missing.
    let font = "<< /Type /Font /Subtype /Type0 /BaseFont /ABCDEF+Secret /Encoding /Identity-H /DescendantFonts [<< /Type \
                /Font /Subtype /CIDFontType2 /BaseFont /ABCDEF+Secret /CIDSystemInfo << /Registry (Adobe) /Ordering \
                (Identity) /Supplement 0 >> /FontDescriptor << /Type /FontDescriptor /FontName /ABCDEF+Secret /Flags 4 \
                /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >> >>] >>";
    let content = "BT /F1 12 Tf 20 150 Td (known) Tj ET BT /F2 12 Tf 20 100 Td <004800490050> Tj ET";
    let document =
        sheet("", "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> /F2 5 0 R >>", content, &[font]);
    let text = found(&document);
    assert_eq!(text.unmapped, 3, "{:?}", told(&text));
    assert_eq!(told(&text), ["¶ known", "¶ \u{fffd}\u{fffd}\u{fffd}"]);
}

#[test]
fn characters_that_are_drawn_invisibly_are_counted_where_they_are_on_the_page() {
    let invisible = |content: &str| found(&sheet("", "", content, &[])).hidden;
    let seen = "BT /F1 12 Tf 20 150 Td (seen) Tj ET";
    assert_eq!(invisible(seen), 0);
    assert_eq!(text(&sheet("", "", "BT /F1 12 Tf 3 Tr 20 150 Td (words of a scan) Tj ET", &[]), &GREY), Ok(None));
    assert_eq!(invisible(&format!("{seen} BT 3 Tr 20 100 Td (words of a scan) Tj ET")), 12);
    assert_eq!(invisible(&format!("{seen} BT 3 Tr 20 100 Td (hidden) Tj 2000 0 Td (outside) Tj ET")), 6);
    assert_eq!(invisible(&format!("{seen} BT 2 Tr 20 100 Td (stroked) Tj ET")), 0);
}

#[test]
fn images_cover_as_much_of_the_page_as_they_show() {
    let image = "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 \
                   >>\nstream\n\u{7f}\nendstream";
    let form = "<< /Type /XObject /Subtype /Form /BBox [0 0 100 100] /Resources << /XObject << /I 5 0 R >> >> /Length 28 \
                >>\nstream\nq 50 0 0 50 0 0 cm /I Do Q  \nendstream";
    let cover = |entries, drawn: &str| {
        let content = format!("{drawn} BT /F1 12 Tf 20 150 Td (words) Tj ET");
        found(&sheet(entries, "/XObject << /I 5 0 R /F 6 0 R >>", &content, &[image, form])).image_cover
    };
    for (expected, entries, drawn) in [
        (0.25, "", "q 150 0 0 100 10 10 cm /I Do Q"),
        (0.25, "/Rotate 90", "q 150 0 0 100 10 10 cm /I Do Q"),
        (0.25, "", "q 300 0 0 200 150 100 cm /I Do Q"),
        (1.0, "", "q 3000 0 0 2000 -100 -100 cm /I Do Q"),
        (50.0 * 100.0 / 60_000.0, "", "q 1 0 0 2 0 0 cm /F Do Q"),
    ] {
        let cover = cover(entries, drawn);
        assert!((cover - expected).abs() < 0.01, "{drawn}: {cover}");
    }
}

#[test]
fn images_and_pages_without_characters_have_no_text() {
    assert_eq!(text(page::IMAGE, &GREY), Ok(None));
    assert_eq!(text(&sheet("", "", "0 0 100 100 re f", &[]), &GREY), Ok(None));
    assert_eq!(text(&sheet("", "", "BT /F1 12 Tf 20 100 Td (   ) Tj ET", &[]), &GREY), Ok(None));
    let mut document = decode::open(file(&letter()), None, &PDFIUM, &LIMITS).expect("a sound document");
    assert_eq!(document.text(2, &GREY, 64 << 20), Err(DecodeError::PageUnreadable));
    assert_eq!(document.text(0, &GREY, 64 << 20), Err(DecodeError::PageUnreadable));
}

#[test]
fn an_encrypted_page_has_its_text_too() {
    let mut document = decode::open(file(pdf::ENCRYPTED), Some(pdf::PASSWORD), &PDFIUM, &LIMITS).expect("its password");
    let text = document.text(1, &GREY, 64 << 20).expect("a sound page").expect("text");
    assert_eq!(told(&text), ["¶ ".to_owned() + pdf::SECRET_TEXT]);
}

#[test]
fn more_text_than_a_page_holds_counts_as_none() {
    let lines = |count| {
        let shown = format!("0 -12 Td ({}) Tj ", "a".repeat(1000));
        let content = format!("BT /F1 10 Tf 20 14000 Td {} ET", shown.repeat(count));
        let text = text(&sheet("/MediaBox [0 0 14000 14000]", "", &content, &[]), &GREY).expect("a sound page");
        text.map(|text| text.lines.len())
    };
    let max = MAX_CHARACTERS / 1000;
    assert_eq!((lines(max), lines(max + 1)), (Some(max), None));
}
