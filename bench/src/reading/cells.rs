//! The measure of tables: the F1 of their cells.

use std::collections::HashMap;

use inkstream_content::PageContent;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// A cell of a table: its first row and column from 0, its spans, and its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cell {
    #[serde(rename = "r")]
    pub(crate) row: u32,
    #[serde(rename = "c")]
    pub(crate) column: u32,
    #[serde(rename = "rs", default = "one")]
    pub(crate) row_span: u32,
    #[serde(rename = "cs", default = "one")]
    pub(crate) column_span: u32,
    #[serde(rename = "t", default)]
    pub(crate) text: String,
}

/// The cells of a table.
pub(crate) type Table = Vec<Cell>;

/// What is compared: row, column, both spans, and the text in NFC without white space, because truths that were taken from PDFs have other
/// spaces at line ends than the page.
type Key = (u32, u32, u32, u32, String);

/// The tables of a page's content.
pub(crate) fn of_content(content: &PageContent) -> Vec<Table> {
    let cell = |cell: &inkstream_content::Cell| Cell {
        row: cell.row,
        column: cell.column,
        row_span: cell.row_span,
        column_span: cell.column_span,
        text: cell.text.text.clone(),
    };
    content.tables().into_iter().map(|table| table.cells.iter().map(cell).collect()).collect()
}

/// The F1 of the cells with text of all tables of a page. A cell is right if row, column, spans and text are. Each table of the truth is
/// compared with one of the reading, those with the most right cells first; the cells of the others are wrong. `None` without a truth.
pub(crate) fn f1(truth: &[Table], reading: &[Table]) -> Option<f64> {
    let truth: Vec<_> = truth.iter().map(|table| keys(table)).collect();
    let reading: Vec<_> = reading.iter().map(|table| keys(table)).collect();
    let total: usize = truth.iter().chain(&reading).flat_map(HashMap::values).sum();
    if truth.iter().all(HashMap::is_empty) {
        return None;
    }
    let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
    for (number, table) in truth.iter().enumerate() {
        pairs.extend(reading.iter().enumerate().map(|(other, found)| (common(table, found), number, other)));
    }
    pairs.sort_by(|a, b| b.cmp(a));
    let (mut taken, mut used, mut right) = (vec![false; truth.len()], vec![false; reading.len()], 0);
    for (cells, number, other) in pairs {
        if !taken[number] && !used[other] {
            (taken[number], used[other]) = (true, true);
            right += cells;
        }
    }
    Some(2.0 * right as f64 / total as f64)
}

fn keys(table: &[Cell]) -> HashMap<Key, usize> {
    let mut keys = HashMap::new();
    for cell in table {
        let text: String = cell.text.nfc().filter(|letter| !letter.is_whitespace()).collect();
        if !text.is_empty() {
            *keys.entry((cell.row, cell.column, cell.row_span, cell.column_span, text)).or_insert(0) += 1;
        }
    }
    keys
}

fn common(truth: &HashMap<Key, usize>, reading: &HashMap<Key, usize>) -> usize {
    truth.iter().map(|(key, count)| *count.min(reading.get(key).unwrap_or(&0))).sum()
}

const fn one() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(row: u32, column: u32, text: &str) -> Cell {
        Cell { row, column, row_span: 1, column_span: 1, text: text.to_owned() }
    }

    fn table(texts: &[&str]) -> Table {
        texts.iter().enumerate().map(|(place, text)| cell(place as u32 / 2, place as u32 % 2, text)).collect()
    }

    #[track_caller]
    fn assert_f1(truth: &[Table], reading: &[Table], expected: f64) {
        let actual = f1(truth, reading);
        assert!(actual.is_some_and(|actual| (actual - expected).abs() < 1e-9), "{actual:?} is not {expected}");
    }

    #[test]
    fn text_is_compared_without_white_space() {
        assert_f1(&[table(&["Sales\n2020", "1 (2%)"])], &[table(&["Sales 2020", "1(2%)"])], 1.0);
        assert_f1(&[table(&["Sales", "1"])], &[table(&["sales", "1"])], 0.5);
    }

    #[test]
    fn a_cell_at_another_position_or_with_another_span_is_wrong() {
        let mut wide = table(&["a", "b"]);
        wide[0].column_span = 2;
        assert_f1(&[table(&["a", "b"])], &[wide], 0.5);
        assert_f1(&[table(&["a", "b"])], &[table(&["b", "a"])], 0.0);
    }

    #[test]
    fn missing_and_extra_cells_lower_recall_and_precision() {
        assert_f1(&[table(&["a", "b", "c", "d"])], &[table(&["a", "b"])], 2.0 * 2.0 / 6.0);
        assert_f1(&[table(&["a", "b"])], &[table(&["a", "b", "c", "d"])], 2.0 * 2.0 / 6.0);
        assert_f1(&[table(&["a", "b"])], &[], 0.0);
    }

    #[test]
    fn empty_cells_do_not_count() {
        assert_f1(&[table(&["a", "", "c", "d"])], &[table(&["a", " ", "c", "d"])], 1.0);
        assert_eq!(f1(&[table(&["", ""])], &[table(&["a"])]), None);
    }

    #[test]
    fn each_table_of_the_truth_is_compared_with_one_of_the_reading() {
        let (first, second) = (table(&["a", "b"]), table(&["c", "d"]));
        assert_f1(&[first.clone(), second.clone()], &[second.clone(), first.clone()], 1.0);
        let truth = [first.clone()];
        assert_f1(&truth, &[first.clone(), second], 2.0 * 2.0 / 6.0);
        // A table that is read twice is right once.
        assert_f1(&truth, &[first.clone(), first], 2.0 * 2.0 / 6.0);
    }
}
