//! Embedded text beside what the page shows.

use std::fmt::Write as _;

use inkstream_core::{image::ImageSpec, ports::EmbeddedText, text_layer};

use super::{
    decode_text::{document, found, sheet, told},
    opening::{GREY, render},
};

/// Text that every page here has.
pub(crate) const BODY: &str = "BT /F1 10 Tf 20 180 Td (Salt was the first trade of the coast and pans) Tj 0 -12 Td (were dug behind the \
                    dunes before any road was) Tj 0 -12 Td (made to the town or any ship came for more) Tj ET ";
pub(crate) const LINES: [&str; 3] = [
    "¶ Salt was the first trade of the coast and pans",
    "were dug behind the dunes before any road was",
    "made to the town or any ship came for more",
];
const FONT: &str = "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>";

pub(crate) fn page(content: &str) -> EmbeddedText {
    page_with("", content, &[])
}

/// With resources, and objects from number 5 on.
fn page_with(resources: &str, content: &str, objects: &[&str]) -> EmbeddedText {
    found(&sheet("", resources, &format!("{BODY}{content}"), objects))
}

fn shown(text: &str) -> String {
    format!("BT /F1 12 Tf 20 100 Td ({text}) Tj ET ")
}

fn form(size: &str, content: &str) -> String {
    let length = content.len();
    format!(
        "<< /Type /XObject /Subtype /Form /BBox [0 0 {size}] /Resources {FONT} /Length {length} >>\nstream\n{content}\nendstream"
    )
}

/// A page with one annotation that looks like this.
fn annotated(entries: &str, appearance: &str) -> EmbeddedText {
    let annotation = format!("<< /Type /Annot /Rect [20 90 280 110] /AP << /N 6 0 R >> {entries} >>");
    let catalog = "/AcroForm << /Fields [5 0 R] >>";
    found(&document(catalog, "/Annots [5 0 R]", "", BODY, &[&annotation, &form("260 20", appearance)]))
}

/// `ALEST` in strokes, from 20, 90 on: no text for the file.
fn outlines(text: &str) -> String {
    let mut content = "1.5 w ".to_owned();
    for (index, letter) in text.chars().enumerate() {
        let strokes: &[&[(f32, f32)]] = match letter {
            'A' => &[&[(0.0, 0.0), (2.0, 6.0), (4.0, 0.0)], &[(1.0, 2.0), (3.0, 2.0)]],
            'L' => &[&[(0.0, 6.0), (0.0, 0.0), (4.0, 0.0)]],
            'E' => &[&[(4.0, 0.0), (0.0, 0.0), (0.0, 6.0), (4.0, 6.0)], &[(0.0, 3.0), (3.0, 3.0)]],
            'S' => &[&[(4.0, 6.0), (0.0, 6.0), (0.0, 3.0), (4.0, 3.0), (4.0, 0.0), (0.0, 0.0)]],
            'T' => &[&[(0.0, 6.0), (4.0, 6.0)], &[(2.0, 6.0), (2.0, 0.0)]],
            _ => continue,
        };
        for stroke in strokes {
            for (number, (x, y)) in stroke.iter().enumerate() {
                let (x, y) = (20.0 + 12.0 * index as f32 + 2.0 * x, 90.0 + 2.0 * y);
                let operator = if number == 0 { "m" } else { "l" };
                write!(content, "{x} {y} {operator} ").expect("a string takes all");
            }
            content.push_str("S ");
        }
    }
    content
}

/// An image object of grey samples.
fn image(width: u32, height: u32, samples: impl Iterator<Item = u8>) -> String {
    let mut hex = String::new();
    for sample in samples {
        write!(hex, "{sample:02x}").expect("a string takes all");
    }
    format!(
        "<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray /BitsPerComponent 8 \
         /Filter /ASCIIHexDecode /Length {} >>\nstream\n{hex}>\nendstream",
        hex.len() + 1
    )
}

#[track_caller]
pub(crate) fn is_taken(text: &EmbeddedText, lines: &[&str]) {
    assert_eq!(told(text), [&LINES, lines].concat());
    assert_eq!((text.hidden, text.doubtful, text.foreign), (0, 0, 0));
    assert!(text_layer::sound(text));
}

/// The page says only what it shows, and so many characters were left out.
#[track_caller]
fn is_left_out(text: &EmbeddedText, hidden: u32) {
    assert_eq!(told(text), LINES);
    assert_eq!((text.hidden, text.doubtful, text.foreign), (hidden, 0, 0));
}

#[track_caller]
fn is_foreign(text: &EmbeddedText) {
    assert!(text.foreign >= 4, "{}", text.foreign);
    assert!(!text_layer::sound(text));
}

#[test]
fn form_values_stamps_and_notes_are_of_the_page() {
    let value = "BT /F1 12 Tf 2 5 Td (Ottilie Brandt) Tj ET";
    for entries in [
        "/Subtype /Widget /FT /Tx /T (name) /V (Ottilie Brandt) /F 4",
        "/Subtype /Stamp /F 4",
        "/Subtype /FreeText /Contents (Ottilie Brandt) /DA (/Helv 12 Tf) /F 4",
        "/Subtype /FreeText /Contents (Ottilie Brandt) /DA (/Helv 12 Tf)",
    ] {
        is_taken(&annotated(entries, value), &["¶ Ottilie Brandt"]);
    }
    is_taken(&annotated("/Subtype /Stamp /F 2", value), &[]);
}

#[test]
fn an_annotation_that_does_not_tell_its_text_sends_the_page_to_the_engine() {
    let stamp = format!("1 0 0 1 -18 -86 cm {}", outlines("SALT LATE"));
    is_foreign(&annotated("/Subtype /Stamp /F 4", &stamp));
}

#[test]
fn text_that_is_drawn_as_outlines_or_within_an_image_sends_the_page_to_the_engine() {
    is_foreign(&page(&outlines("SALT LATE")));
    is_foreign(&page(&format!("0.2 0.2 0.5 rg 0 60 300 60 re f 1 G {}", outlines("SALT LATE"))));
    is_foreign(&page("q BT 7 Tr /F1 20 Tf 20 100 Td (CUT OUT OF A FILL) Tj ET 0 0 0.5 rg 0 80 300 50 re f Q"));
    let drawn = render(&sheet("", "", &outlines("SALT TALES"), &[]), 1, &ImageSpec { dpi: 100.0, ..GREY });
    let drawn = drawn.expect("a sound page");
    let (width, height) = drawn.size();
    // The strip that has the letters.
    let (from, to) = (height * 90 / 200, height * 115 / 200);
    let samples = (from..to).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| drawn.grey(x, y));
    let object = image(width, to - from, samples);
    is_foreign(&page_with("/XObject << /I 5 0 R >>", "q 300 0 0 25 0 85 cm /I Do Q", &[&object]));
    is_foreign(&page_with("/XObject << /I 5 0 R >>", "q 0 300 -25 0 290 0 cm 0.6 0 0 1 0 0 cm /I Do Q", &[&object]));
}

#[test]
fn a_single_sign_drawn_between_words_sends_the_page_to_the_engine_and_rules_do_not() {
    let words = "BT /F1 12 Tf 20 91 Td (Pay) Tj 70 0 Td (crowns) Tj ET ";
    let behind = "BT /F1 12 Tf 20 91 Td (Pay) Tj ET ";
    for (words, sign) in [(words, "  S"), (words, "   E"), (words, "  LE"), (words, "  SET"), (behind, "  S")] {
        let text = page(&format!("{words}{}", outlines(sign)));
        assert!(text.foreign > 0 && !text_layer::sound(&text), "{sign}");
    }
    for rule in [
        "",
        "1 w 60 70 m 60 130 l S",
        "0.5 w 20 89 m 150 89 l S",
        "1 w 45 95 m 85 95 l S",
        "0.5 w 15 84 120 22 re S 65 84 m 65 106 l S",
        "0.8 g 45 88 40 14 re f",
        "2 w [2 3] 0 d 45 91 m 85 91 l S",
    ] {
        let text = page(&format!("{rule} 0 g 0 G {words}"));
        assert_eq!(text.foreign, 0, "{rule}");
        assert!(text_layer::sound(&text), "{rule}");
    }
}

#[test]
fn text_that_the_page_does_not_show_is_left_out() {
    for content in [
        format!("1 g {}", shown("white on white")),
        format!("0.98 g {}", shown("white on white")),
        format!("0 g 0 80 300 50 re f {}", shown("black on black")),
        format!("{} 1 g 0 80 300 50 re f", shown("under a sheet")),
        format!("{} 0 g 0 80 300 50 re f", shown("under a bar")),
        format!("q 0 150 300 50 re W n {} Q", shown("cut off")),
        format!("q {} Q", shown("invisible").replace("BT", "BT 3 Tr")),
    ] {
        let text = content[content.find('(').unwrap_or(0) + 1..].split(')').next().unwrap_or("");
        is_left_out(&page(&content), text.chars().filter(|letter| *letter != ' ').count() as u32);
    }
    let image = image(2, 1, [30, 220].into_iter());
    let under =
        page_with("/XObject << /I 5 0 R >>", &format!("{} q 300 0 0 50 0 80 cm /I Do Q", shown("a photo")), &[&image]);
    is_left_out(&under, 6);
}

#[test]
fn text_of_a_layer_that_is_switched_off_is_left_out() {
    let layer = |state: &str| {
        let catalog = format!("/OCProperties << /OCGs [5 0 R] /D << {state} >> >>");
        let content = format!("{BODY} /OC /Draft BDC {} EMC", shown("a draft"));
        let group = "<< /Type /OCG /Name (Draft) >>";
        found(&document(&catalog, "", "/Properties << /Draft 5 0 R >>", &content, &[group]))
    };
    is_left_out(&layer("/OFF [5 0 R]"), 6);
    is_taken(&layer(""), &["¶ a draft"]);
}

#[test]
fn much_hidden_text_sends_the_page_to_the_engine_and_a_hidden_note_does_not() {
    assert!(!text_layer::sound(&page(&format!("1 g {}", shown("much that nobody sees")))));
    assert!(text_layer::sound(&page(&format!("1 g {}", shown("note")))));
}

#[test]
fn words_that_are_shown_in_part_send_the_page_to_the_engine() {
    for content in [
        format!("{} 0 g 15 90 45 30 re f", shown("redacted")),
        format!("{} 1 g 15 103 200 20 re f", shown("redacted")),
        format!("q 0 0 50 200 re W n {} Q", shown("redacted")),
        format!("0.93 g {}", shown("faint")),
        "BT /F1 12 Tf 270 100 Td (beyond) Tj ET".to_owned(),
    ] {
        let text = page(&content);
        assert!(text.doubtful > 0, "{content}");
        assert!(!text_layer::sound(&text), "{content}");
    }
}

#[test]
fn rules_tables_photographs_and_colours_do_not_send_a_page_to_the_engine() {
    let mut table = "0.5 w ".to_owned();
    for line in 0..5 {
        write!(table, "20 {y} m 280 {y} l S {x} 60 m {x} 120 l S ", y = 60 + 15 * line, x = 20 + 65 * line)
            .expect("room");
    }
    table.push_str("BT /F1 8 Tf 24 64 Td (12.50) Tj 65 0 Td (3.75) Tj 65 15 Td (140) Tj ET");
    is_taken(&page(&table), &["¶ 140", "12.50 3.75"]);
    // Cells, bullets, dots and hatching.
    let mut fills = String::new();
    for x in (20..280).step_by(13) {
        write!(fills, "0.8 g {x} 70 10 8 re f 0 g {x} 90 3 3 re f {x} 100 5 0.5 re f ").expect("a string takes all");
    }
    is_taken(&page(&fills), &[]);
    for (ground, ink) in [("0 0 0.5", "1 1 1"), ("1 1 0", "0.6 0 0"), ("0 0 0", "1 0.5 0"), ("0.9 1 0.9", "0 0.4 0.2")]
    {
        let coloured = format!("{ground} rg 0 80 300 50 re f {ink} rg {}", shown("Coloured on coloured"));
        is_taken(&page(&coloured), &["¶ Coloured on coloured"]);
    }
    let marked = format!(
        "1 1 0 rg 20 97 120 14 re f 0 g {} 20 98 120 0.5 re f 20 104 60 0.5 re f",
        shown("Underlined and struck")
    );
    is_taken(&page(&marked), &["¶ Underlined and struck"]);
    let shading = "/Pattern << /P << /Type /Pattern /PatternType 2 /Shading << /ShadingType 2 /ColorSpace /DeviceGray \
                   /Coords [0 0 300 0] /Function << /FunctionType 2 /Domain [0 1] /C0 [0] /C1 [0.6] /N 1 >> >> >> >>";
    let shaded = format!("/Pattern cs /P scn {}", shown("Filled with a shading"));
    is_taken(&page_with(shading, &shaded, &[]), &["¶ Filled with a shading"]);
    // Clouds of light and dark.
    let cloud = |x: u32, y: u32| {
        let wave =
            |scale: f32, phase: f32| ((x as f32 * scale + phase).sin() + (y as f32 * scale * 1.3 - phase).cos()) * 30.0;
        let noise = (x.wrapping_mul(0x9e37).wrapping_add(y.wrapping_mul(0x85eb)) >> 5) % 16;
        (128.0 + wave(0.07, 1.0) + noise as f32).clamp(0.0, 255.0) as u8
    };
    let photo = image(120, 80, (0..80).flat_map(|y| (0..120).map(move |x| cloud(x, y))));
    is_taken(&page_with("/XObject << /I 5 0 R >>", "q 110 0 0 75 20 20 cm /I Do Q", &[&photo]), &[]);
}

#[test]
fn a_watermark_and_text_along_an_edge_come_last() {
    let text = page(
        "0.88 g BT /F1 30 Tf 0.7 0.7 -0.7 0.7 100 20 Tm (COPY) Tj ET 0 g BT /F1 8 Tf 0 1 -1 0 290 20 Tm (margin) Tj ET",
    );
    is_taken(&text, &["¶ margin", "¶ COPY"]);
}
