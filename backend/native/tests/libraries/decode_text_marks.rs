//! What a page shows beside its text or in place of it: ticks of forms, single letters drawn as outlines, and letters
//! that a font's table calls by another name.

use std::fmt::Write as _;

use inkstream_core::{ports::EmbeddedText, text_layer};

use super::{
    decode_text::{document, found, sheet, told},
    decode_text_shown::{BODY, LINES, is_taken, page},
};

/// What a state of a button looks like: a stream of 12 by 12 points.
fn appearance(content: &str) -> String {
    let resources = "<< /Font << /ZaDb << /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >> >> >>";
    format!(
        "<< /Type /XObject /Subtype /Form /BBox [0 0 12 12] /Resources {resources} /Length {} >>\nstream\n{content}\nendstream",
        content.len()
    )
}

const FRAME: &str = "1 w 1 1 10 10 re S ";
const CROSS: &str = "1 w 1 1 10 10 re S 3 3 m 9 9 l 3 9 m 9 3 l S";
const DINGBAT: &str = "1 w 1 1 10 10 re S BT /ZaDb 9 Tf 2.5 3 Td (4) Tj ET";
const DOT: &str = "0.8 w 11 6 m 11 8.8 8.8 11 6 11 c 3.2 11 1 8.8 1 6 c 1 3.2 3.2 1 6 1 c 8.8 1 11 3.2 11 6 c S \
                   8.5 6 m 8.5 7.4 7.4 8.5 6 8.5 c 4.6 8.5 3.5 7.4 3.5 6 c 3.5 4.6 4.6 3.5 6 3.5 c 7.4 3.5 8.5 4.6 8.5 6 c f";

/// A page with a button before the word `Yes`. `content` is drawn on the page.
fn button(entries: &str, states: &str, ticked: &str, empty: &str, content: &str) -> EmbeddedText {
    let annotation = format!(
        "<< /Type /Annot /Subtype /Widget /FT /Btn /T (b) /Rect [20 97 32 109] /AP << /N << {states} >> >> {entries} >>"
    );
    let objects = [annotation.as_str(), &appearance(ticked), &appearance(empty)];
    let label = "BT /F1 12 Tf 36 100 Td (Yes) Tj ET ";
    let catalog = "/AcroForm << /Fields [5 0 R] >>";
    found(&document(catalog, "/Annots [5 0 R]", "", &format!("{BODY}{label}{content}"), &objects))
}

const STATES: &str = "/On 6 0 R /Off 7 0 R";

#[test]
fn check_boxes_and_radio_buttons_say_whether_they_are_ticked() {
    for ticked in [CROSS, DINGBAT, DOT, "1 w 1 1 10 10 re S 3 6 m 5 3 l 9 10 l S"] {
        for entries in ["/AS /On /V /On /F 4", "/AS /On /Ff 49152 /F 4"] {
            is_taken(&button(entries, STATES, ticked, FRAME, ""), &["¶ ☑ Yes"]);
        }
    }
    is_taken(&button("/AS /Off /F 4", STATES, CROSS, FRAME, ""), &["¶ ☐ Yes"]);
    is_taken(&button("/AS /Off /F 4", "/On 6 0 R", CROSS, FRAME, "1 w 21 98 10 10 re S"), &["¶ ☐ Yes"]);
}

#[test]
fn a_check_box_that_the_page_does_not_show_is_not_reported() {
    is_taken(&button("/AS /Off /F 4", STATES, CROSS, "", ""), &["¶ Yes"]);
    is_taken(&button("/AS /On /F 2", STATES, CROSS, FRAME, ""), &["¶ Yes"]);
    is_taken(&button("/AS /On /F 32", STATES, CROSS, FRAME, ""), &["¶ Yes"]);
}

#[test]
fn a_box_of_which_the_file_says_another_thing_than_the_page_sends_it_to_the_engine() {
    is_foreign(&button("/AS /On /F 4", STATES, FRAME, FRAME, ""), "on, and nothing is shown");
    is_foreign(
        &button("/AS /On /F 4", "/Off 7 0 R", CROSS, FRAME, "1 w 21 98 10 10 re S"),
        "on, without an appearance",
    );
    is_foreign(
        &button("/AS /Off /F 4", STATES, CROSS, FRAME, "2 w 22 99 m 30 107 l 22 107 m 30 99 l S"),
        "a cross below",
    );
}

#[track_caller]
fn is_foreign(text: &EmbeddedText, what: &str) {
    assert!(text.foreign > 0, "{what}: {:?}", told(text));
    assert!(!text_layer::sound(text), "{what}");
}

#[test]
fn a_form_without_appearances_that_is_filled_in_is_not_taken_as_empty() {
    let catalog = "/AcroForm << /Fields [5 0 R] /NeedAppearances true /DA (/Helv 0 Tf 0 g) >>";
    for widget in
        ["/FT /Tx /T (a) /V (Brandt) /DA (/F1 12 Tf 0 g)", "/FT /Btn /T (b) /V /On /AS /On /MK << /CA (4) /BC [0] >>"]
    {
        let annotation = format!("<< /Type /Annot /Subtype /Widget /Rect [20 97 120 112] /F 4 {widget} >>");
        let text = found(&document(catalog, "/Annots [5 0 R]", "", BODY, &[&annotation]));
        // What is drawn, if anything is, has to be told or to send the page to the engine.
        assert!(
            told(&text) == LINES && !text_layer::sound(&text) || told(&text).concat().contains("Brandt"),
            "{widget}"
        );
    }
}

/// Paths at a place of the page.
fn drawn(paths: &str, x: f32, y: f32) -> String {
    format!("q 1 0 0 1 {x} {y} cm {paths} Q ")
}

/// Outlines of `S`, `2` and `7` of a sans serif font, 12 points high.
const OUTLINES: [&str; 3] = [
    "6.7 8.1 m 6.6 9.6 5.6 10.3 4.2 10.3 c 2.8 10.3 1.9 9.6 1.9 8.5 c 1.9 7.6 2.4 7.1 4.3 6.7 c 6.9 6.1 8.2 5.3 8.2 3.2 c \
     8.2 1 6.6 -0.3 4.2 -0.3 c 1.8 -0.3 0.3 1 0.3 3.4 c 1.7 3.4 l 1.8 1.8 2.7 1 4.3 1 c 5.8 1 6.8 1.8 6.8 3 c \
     6.8 4.1 6.1 4.6 4.1 5.1 c 1.7 5.7 0.5 6.5 0.5 8.4 c 0.5 10.3 2 11.6 4.2 11.6 c 6.5 11.6 8 10.4 8.1 8.1 c f",
    "0.4 0 m 7.6 0 l 7.6 1.3 l 2.2 1.3 l 2.6 2.5 3.4 3.1 4.9 4.1 c 6.9 5.4 7.6 6.4 7.6 8 c 7.6 10.1 6.2 11.4 4.1 11.4 c \
     1.9 11.4 0.6 10 0.5 7.7 c 1.9 7.7 l 2 9.3 2.7 10.1 4 10.1 c 5.3 10.1 6.1 9.3 6.1 8 c 6.1 6.9 5.6 6.2 4 5.1 c \
     1.4 3.4 0.4 2.3 0.4 0 c f",
    "0.5 11.2 m 7.7 11.2 l 7.7 10 l 5.2 7 3.6 3.7 3 0 c 1.5 0 l 2.1 3.4 3.7 6.8 6.1 9.9 c 0.5 9.9 l f",
];

#[test]
fn one_to_three_letters_drawn_alone_send_the_page_to_the_engine() {
    let [s, two, seven] = OUTLINES;
    for paths in [drawn(s, 140.0, 60.0), drawn(two, 20.0, 30.0), drawn(seven, 250.0, 100.0)] {
        is_foreign(&page(&paths), &paths);
        is_foreign(&page(&format!("0 0 0.4 rg 0 20 300 110 re f 1 g {paths}")), "on blue");
    }
    is_foreign(&page(&[drawn(two, 20.0, 60.0), drawn(seven, 29.0, 60.0)].concat()), "27");
    is_foreign(&page(&[drawn(two, 20.0, 60.0), drawn(s, 29.0, 60.0), drawn(seven, 38.0, 60.0)].concat()), "2S7");
    let zero = "8 5.7 m 8 9 7 11.4 4.2 11.4 c 1.5 11.4 0.5 9 0.5 5.7 c 0.5 2.3 1.5 -0.2 4.2 -0.2 c 7 -0.2 8 2.3 8 5.7 c \
                6.6 5.7 m 6.6 2.4 5.9 1 4.2 1 c 2.6 1 1.9 2.4 1.9 5.7 c 1.9 8.9 2.6 10.2 4.2 10.2 c 5.9 10.2 6.6 8.9 6.6 5.7 c f*";
    let one = "2.5 0 m 4 0 l 4 11.4 l 3 11.4 l 2.6 9.9 2 9.4 0.3 9.3 c 0.3 8.1 l 2.5 8.1 l h f";
    is_foreign(&page(&[drawn(one, 20.0, 60.0), drawn(zero, 27.0, 60.0)].concat()), "10");
}

#[test]
fn ticks_that_are_drawn_on_the_page_send_it_to_the_engine() {
    for tick in [
        CROSS,
        DOT,
        "1 w 1 1 10 10 re S 3 6 m 5 3 l 9 10 l S",
        "2 w 1 5 m 4 1 l 11 10 l S",
        "2 w 1 1 m 10 10 l 1 10 m 10 1 l S",
    ] {
        is_foreign(&page(&drawn(tick, 60.0, 80.0)), tick);
    }
}

#[test]
fn bullets_icons_and_empty_boxes_send_no_page_to_the_engine() {
    let ring = "1 w 11 6 m 11 8.8 8.8 11 6 11 c 3.2 11 1 8.8 1 6 c 1 3.2 3.2 1 6 1 c 8.8 1 11 3.2 11 6 c";
    for ornament in [
        FRAME,
        "1 1 10 10 re f",
        &format!("{ring} S"),
        &format!("{ring} f"),
        "1 1 m 11 6 l 1 11 l f",
        "1 w 1 6 m 11 6 l S 6 1 m 6 11 l S",
        "1 w 1 6 m 11 6 l S",
        "1 w 6 1 m 6 11 l S",
        "6 1 m 11 6 l 6 11 l 1 6 l f",
        "1 w 1 1 10 10 re S 1 6 m 11 6 l S 6 1 m 6 11 l S",
        "6 11 m 7.2 7.6 l 10.8 7.6 l 7.9 5.4 l 9 2 l 6 4.1 l 3 2 l 4.1 5.4 l 1.2 7.6 l 4.8 7.6 l f",
    ] {
        let text = page(&drawn(ornament, 60.0, 80.0));
        assert_eq!(text.foreign, 0, "{ornament}");
        assert!(text_layer::sound(&text), "{ornament}");
    }
}

/// A font whose table says of the codes `from` on that they are the characters `to`.
fn lying(base: &str, from: &str, to: &str) -> [String; 2] {
    let mut ranges = String::new();
    for (code, character) in from.bytes().zip(to.chars()) {
        writeln!(ranges, "<{code:02X}> <{:04X}>", u32::from(character)).expect("a string takes all");
    }
    let map = format!(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n1 begincodespacerange \
         <00> <FF> endcodespacerange\n{} beginbfchar\n{ranges}endbfchar\nendcmap end end",
        from.len()
    );
    [
        format!("<< /Type /Font /Subtype /Type1 /BaseFont /{base} /Encoding /WinAnsiEncoding /ToUnicode 6 0 R >>"),
        format!("<< /Length {} >>\nstream\n{map}\nendstream", map.len()),
    ]
}

/// A page that shows `28 crowns` (or that turned), of whose letters `from` the file says that they are `to`.
fn claimed(base: &str, matrix: &str, from: &str, to: &str) -> EmbeddedText {
    let [font, map] = lying(base, from, to);
    let content = format!("{BODY}BT /F2 12 Tf {matrix} Tm (28 crowns) Tj ET");
    let document = sheet("", "", &content, &[&font, &map]);
    let document = String::from_utf8(document).expect("text").replace("/Font << ", "/Font << /F2 5 0 R ");
    found(document.as_bytes())
}

#[test]
fn a_character_table_that_lies_sends_the_page_to_the_engine() {
    let lies = [("28", "95"), ("28", "37"), ("2", "3"), ("wns", "maz")];
    let turns = ["1 0 0 1 20 100", "0 1 -1 0 250 20", "-1 0 0 -1 200 100"];
    let small = ("0.7 0 0 0.7 20 100", ("28", "95"));
    let large = turns.into_iter().flat_map(|matrix| lies.map(|lie| (matrix, lie)));
    for (matrix, (from, to)) in large.chain([small]) {
        for base in ["Helvetica", "Times-Roman", "Courier-Bold", "Times-BoldItalic"] {
            let text = claimed(base, matrix, from, to);
            assert!(text.contradicted > 0, "{base} {matrix} {from} {to}: {:?}", told(&text));
            assert!(!text_layer::sound(&text), "{base} {matrix} {from} {to}");
        }
    }
}

#[test]
fn letters_are_believed_in_any_style_and_case() {
    for base in ["Helvetica", "Times-Roman", "Courier-Bold", "Times-BoldItalic"] {
        for matrix in ["1 0 0 1 20 100", "0 1 -1 0 250 20", "0.7 0 0 0.7 20 100"] {
            for claim in ["28crowns", "28CROWNS"] {
                let text = claimed(base, matrix, "28crowns", claim);
                assert_eq!(text.contradicted, 0, "{base} {matrix} {claim}");
                assert!(text_layer::sound(&text), "{base} {matrix} {claim}");
            }
        }
    }
}
