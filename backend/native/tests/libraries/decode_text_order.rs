//! The order in which embedded text is read.

use inkstream_testkit::fixtures::{pdf, pdf::Placed};

use super::decode_text::{found, told};

fn line(x: u32, y: u32, text: &str) -> Placed<'_> {
    Placed { x, y, size: 10, text }
}

const LEFT: [&str; 5] = [
    "Salt was the first trade of the coast",
    "and pans were dug behind the dunes",
    "before any road was made to the town",
    "or any ship came for more than fish",
    "and shelter from the western storms",
];
const RIGHT: [&str; 5] = [
    "The lighthouse was built in the year",
    "of the great storm, when eleven ships",
    "were lost within a single night there",
    "and nobody who lived on the island",
    "had seen more than their lanterns",
];

/// Both columns, drawn row by row.
fn rows(top: u32, shift: u32) -> Vec<Placed<'static>> {
    let rows = (0..).zip(LEFT.into_iter().zip(RIGHT));
    rows.flat_map(|(row, (left, right))| [line(60, top - 13 * row, left), line(320, top - 13 * row - shift, right)])
        .collect()
}

fn read(lines: Vec<Placed<'_>>) -> Vec<String> {
    told(&found(&pdf::placed_pages(&[lines])))
}

fn paragraph(lines: [&str; 5]) -> Vec<String> {
    (0..).zip(lines).map(|(row, line)| if row == 0 { format!("¶ {line}") } else { line.to_owned() }).collect()
}

#[test]
fn columns_that_are_drawn_row_by_row_are_read_one_after_the_other() {
    assert_eq!(read(rows(700, 0)), [paragraph(LEFT), paragraph(RIGHT)].concat());
    assert_eq!(read(rows(700, 5)), [paragraph(LEFT), paragraph(RIGHT)].concat(), "lines that are not level");
}

#[test]
fn a_heading_across_columns_is_read_first_wherever_the_file_has_it() {
    let heading = Placed { x: 150, y: 740, size: 20, text: "The salt roads and the lighthouse" };
    let footer = line(180, 560, "A footer that stands in the middle of the page");
    let mut lines = rows(700, 0);
    lines.extend([footer, heading]);
    let expected = [
        vec!["¶ The salt roads and the lighthouse".to_owned()],
        paragraph(LEFT),
        paragraph(RIGHT),
        vec!["¶ A footer that stands in the middle of the page".to_owned()],
    ];
    assert_eq!(read(lines), expected.concat());
}

#[test]
fn columns_above_and_below_text_that_spans_them_are_read_in_turn() {
    let between =
        line(60, 620, "Between the columns stands a line of text that reaches from the left to the right edge");
    let mut lines = rows(700, 0);
    lines.extend(rows(600, 0));
    lines.push(between);
    let told = read(lines);
    assert_eq!(told.len(), 21);
    assert_eq!(told[..10], [paragraph(LEFT), paragraph(RIGHT)].concat());
    assert_eq!(told[10], format!("¶ {}", between.text));
}

#[test]
fn three_columns_are_read_from_left_to_right() {
    let columns = [
        (40, ["The wind blew", "cold all night", "and the boats", "lay in harbour", "until sunrise"]),
        (220, ["No bell rang", "over the water", "nor any gull", "called out there", "before the day"]),
        (400, ["They cut the", "ropes at noon", "and went to sea", "with full sails", "and good cheer"]),
    ];
    let lines = (0..5)
        .flat_map(|row| columns.map(|(x, lines)| Placed { x, y: 700 - 15 * row as u32, size: 14, text: lines[row] }));
    let expected = columns.map(|(_, lines)| paragraph(lines)).concat();
    assert_eq!(read(lines.collect()), expected);
}

#[test]
fn a_tables_rows_and_a_forms_fields_are_read_row_by_row() {
    let table =
        [["Salt", "12.50", "tons"], ["Herring", "3.75", "barrels"], ["Rope", "140", "fathoms"], ["Tar", "9", "kegs"]];
    let cells = (0..).zip(table).flat_map(|(row, cells)| {
        (0..).zip(cells).map(move |(column, text)| line(60 + 150 * column, 700 - 14 * row, text))
    });
    let mut cells: Vec<_> = cells.collect();
    // By columns in the file.
    cells.sort_by_key(|cell| cell.x);
    assert_eq!(read(cells), ["¶ Salt 12.50 tons", "Herring 3.75 barrels", "Rope 140 fathoms", "Tar 9 kegs"]);
    let form = [("Name of the applicant:", "Ottilie Brandt"), ("Length of the boat:", "12.75 metres")];
    let fields = (0..)
        .zip(form)
        .flat_map(|(row, (label, value))| [line(60, 700 - 14 * row, label), line(300, 700 - 14 * row, value)]);
    assert_eq!(read(fields.collect()), ["¶ Name of the applicant: Ottilie Brandt", "Length of the boat: 12.75 metres"]);
}

#[test]
fn lines_that_the_file_has_in_any_order_are_read_from_the_top() {
    let mut lines: Vec<_> = (0..).zip(LEFT).map(|(row, text)| line(60, 700 - 13 * row, text)).collect();
    lines.reverse();
    assert_eq!(read(lines), paragraph(LEFT));
}

#[test]
fn a_word_that_the_file_has_in_pieces_is_one() {
    let word = |x, text| Placed { x, y: 700, size: 10, text };
    // "Sal" is 14.5 points wide in Helvetica.
    let told = read(vec![word(90, "pans"), line(60, 680, "and more"), word(60, "Sal"), word(74, "t")]);
    assert_eq!(told[0], "¶ Salt pans");
}
