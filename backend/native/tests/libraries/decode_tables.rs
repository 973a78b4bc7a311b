//! The tables of pages whose text layer is used.

use inkstream_content::{PageContent, Table, from_layout};
use inkstream_core::text_layer;

use super::decode_text::{found, sheet};

/// Texts at their places in points, with the lower edge of the page at 0.
fn texts(texts: &[(u32, u32, &str)]) -> String {
    let shown = |(x, y, text): &(u32, u32, &str)| format!("BT /F1 8 Tf {x} {y} Td ({text}) Tj ET\n");
    texts.iter().map(shown).collect::<Vec<_>>().concat()
}

/// Lines from and to such places.
fn strokes(lines: &[[u32; 4]]) -> String {
    let stroke = |[x, y, right, top]: &[u32; 4]| format!("0.5 w {x} {y} m {right} {top} l S\n");
    lines.iter().map(stroke).collect::<Vec<_>>().concat()
}

fn content(page: &str) -> PageContent {
    let text = found(&sheet("", "", page, &[]));
    let written: String = text_layer::lines(&text).map(|(line, _)| line).collect();
    from_layout(&written, &text_layer::layout(&text), None)
}

/// Row, column, row span, column span and text of each cell with text.
fn told(table: &Table) -> Vec<(u32, u32, u32, u32, &str)> {
    let cells = table.cells.iter().filter(|cell| !cell.text.text.is_empty());
    cells.map(|cell| (cell.row, cell.column, cell.row_span, cell.column_span, cell.text.text.as_str())).collect()
}

const PROSE: &[(u32, u32, &str)] =
    &[(20, 180, "Salt was the first trade of the coast, and pans were dug"), (20, 168, "behind the dunes.")];

#[test]
fn ruling_lines_close_cells_that_span_and_hold_several_lines() {
    let words = texts(&[
        (25, 135, "Pan"),
        (85, 142, "Yield in summer"),
        (85, 126, "June"),
        (155, 126, "July"),
        (25, 108, "Long"),
        (25, 99, "acre"),
        (85, 108, "1,204"),
        (155, 108, "998"),
        (25, 86, "Marsh"),
        (155, 86, "87"),
    ]);
    let across = [[20, 152, 220, 152], [80, 136, 220, 136], [20, 120, 220, 120], [20, 96, 220, 96], [20, 80, 220, 80]];
    let down = [[20, 80, 20, 152], [80, 80, 80, 152], [150, 80, 150, 136], [220, 80, 220, 152]];
    let content = content(&[texts(PROSE), words, strokes(&across), strokes(&down)].concat());
    let [table] = content.tables()[..] else { panic!("{content:?}") };
    assert_eq!(
        told(table),
        [
            (0, 0, 2, 1, "Pan"),
            (0, 1, 1, 2, "Yield in summer"),
            (1, 1, 1, 1, "June"),
            (1, 2, 1, 1, "July"),
            (2, 0, 1, 1, "Long\nacre"),
            (2, 1, 1, 1, "1,204"),
            (2, 2, 1, 1, "998"),
            (3, 0, 1, 1, "Marsh"),
            (3, 2, 1, 1, "87"),
        ]
    );
    assert!(content.plain_text().starts_with("Salt was the first"), "{}", content.plain_text());
}

#[test]
fn thin_rectangles_are_ruling_lines_and_a_head_is_over_its_columns() {
    let words = texts(&[
        (25, 130, "Pan"),
        (120, 140, "Yield"),
        (90, 126, "June"),
        (160, 126, "July"),
        (25, 108, "Long acre"),
        (90, 108, "1,204"),
        (160, 108, "998"),
        (25, 94, "Marsh"),
        (90, 94, "17"),
        (160, 94, "87"),
    ]);
    let rules = "20 150 180 0.7 re f 85 137 110 0.5 re f 20 121 180 0.7 re f 20 88 180 0.7 re f\n";
    let content = content(&[texts(PROSE), words, rules.to_owned()].concat());
    let [table] = content.tables()[..] else { panic!("{content:?}") };
    assert_eq!(
        told(table)[..5],
        [
            (0, 0, 2, 1, "Pan"),
            (0, 1, 1, 2, "Yield"),
            (1, 1, 1, 1, "June"),
            (1, 2, 1, 1, "July"),
            (2, 0, 1, 1, "Long acre"),
        ]
    );
    assert_eq!((table.rows, table.columns, table.header_rows), (4, 3, 2));
}

#[test]
fn white_space_tells_the_columns_of_a_table_without_lines() {
    let rows = [["Lamp oil", "24.50", "3"], ["Hemp rope", "11.00", "40"], ["Tar", "", "12"], ["Canvas", "98.10", "1"]];
    let cells: Vec<(u32, u32, &str)> = (0..)
        .zip(&rows)
        .flat_map(|(row, cells)| [20, 120, 180].into_iter().zip(cells).map(move |(x, text)| (x, 140 - 14 * row, *text)))
        .collect();
    let content = content(&[texts(PROSE), texts(&cells)].concat());
    let [table] = content.tables()[..] else { panic!("{content:?}") };
    let filled: Vec<&str> = rows.concat().into_iter().filter(|text| !text.is_empty()).collect();
    assert_eq!(told(table).iter().map(|cell| cell.4).collect::<Vec<_>>(), filled);
    assert_eq!((table.rows, table.columns), (4, 3));
}

#[test]
fn columns_of_prose_lists_and_boxes_are_no_tables() {
    let column = |x: u32| -> Vec<(u32, u32, &'static str)> {
        let lines = [
            "By June the wind had done",
            "the work, and carts came",
            "for the harvest of the pans",
            "and left on the old road",
            "before the first storm of",
        ];
        (0..).zip(lines).map(|(row, line)| (x, 140 - 10 * row, line)).collect()
    };
    let two = texts(&[column(20), column(150)].concat());
    let rules = strokes(&[[20, 152, 260, 152], [20, 95, 260, 95], [20, 60, 260, 60]]);
    let list: Vec<(u32, u32, &str)> = (0..)
        .zip(["1.", "2.", "3.", "4."])
        .flat_map(|(row, mark)| [(20, 140 - 12 * row, mark), (40, 140 - 12 * row, "Rake the pans in June")])
        .collect();
    let frame = strokes(&[[10, 60, 290, 60], [10, 190, 290, 190], [10, 60, 10, 190], [290, 60, 290, 190]]);
    for page in
        [[two.clone(), rules].concat(), [two, frame.clone()].concat(), texts(&list), [texts(PROSE), frame].concat()]
    {
        let content = content(&page);
        assert!(content.tables().is_empty(), "{content:?}");
    }
}

#[test]
fn a_page_of_very_many_lines_keeps_its_text() {
    let grid: Vec<String> = (0..20_000)
        .map(|line| format!("{} {} m {} {} l S\n", line % 300, line / 100, line % 300 + 9, line / 100))
        .collect();
    let page = [texts(PROSE), format!("1 1 1 RG {}", grid.concat())].concat();
    assert!(content(&page).plain_text().contains("behind the dunes"));
}
