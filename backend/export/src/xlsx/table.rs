//! A table on a sheet.

use std::collections::HashSet;

use inkstream_content::{Cell, MAX_CELLS, RichText, Table};
use rust_xlsxwriter::{ExcelDateTime, IgnoreError, Note, Worksheet, XlsxError};

use super::{
    limits::{MAX_COLUMNS, MAX_ROWS, MAX_TEXT, split},
    looks::{Formats, Look},
};
use crate::{
    Options,
    printable::printable,
    values::{Value, values},
};

/// What of a table a sheet cannot hold.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// The number of cells beyond the last row or column.
    pub(super) cells: usize,
    /// The number of texts that were cut.
    pub(super) texts: usize,
}

/// Writes a table whose first row is the row `top` of the sheet.
pub(super) fn write(
    sheet: &mut Worksheet,
    formats: &mut Formats,
    options: Options,
    table: &Table,
    top: u32,
) -> Result<Losses, XlsxError> {
    let mut losses = Losses::default();
    let mut merged = HashSet::new();
    for (cell, value) in table.cells.iter().zip(values(table, options.locale)) {
        let row = top.saturating_add(cell.row);
        if row >= MAX_ROWS || cell.column >= MAX_COLUMNS {
            losses.cells += 1;
            continue;
        }
        // The limit above is that of the type.
        let column = cell.column as u16;
        let text = printable(&cell.text.text);
        let (text, rest) = split(text.trim(), MAX_TEXT);
        losses.texts += usize::from(!rest.is_empty());
        let doubt = confidence(&cell.text).filter(|confidence| *confidence < options.low_confidence);
        let span = span(table, cell, row, &mut merged);
        let look = Look {
            is_head: cell.row < table.header_rows,
            is_bold: cell.header,
            is_doubtful: doubt.is_some(),
            is_merged: span.is_some(),
            ..Look::default()
        };
        let look = match &value {
            Value::Number { format, .. } | Value::Date { format, .. } => look.of_number(format.clone()),
            Value::Text | Value::OddText => look.of_text(text),
        };
        let format = formats.of(look);
        if let Some((last_row, last_column)) = span {
            sheet.merge_range(row, column, last_row, last_column, "", format)?;
        }
        match &value {
            Value::Number { value, .. } => sheet.write_number_with_format(row, column, *value, format)?,
            Value::Date { year, month, day, .. } => {
                sheet.write_datetime_with_format(row, column, ExcelDateTime::from_ymd(*year, *month, *day)?, format)?
            }
            Value::Text | Value::OddText => sheet.write_string_with_format(row, column, text, format)?,
        };
        if let Some(note) = note(doubt, &value, rest) {
            let note = Note::new(note).set_author("Inkstream").add_author_prefix(false);
            sheet.insert_note(row, column, &note)?;
        }
    }
    let last_row = top.saturating_add(table.rows.saturating_sub(1)).min(MAX_ROWS - 1);
    let last_column = table.columns.clamp(1, MAX_COLUMNS) - 1;
    // Texts of digits are texts on purpose. Excel would mark each.
    sheet.ignore_error_range(top, 0, last_row, last_column as u16, IgnoreError::NumberStoredAsText)?;
    Ok(losses)
}

/// The last row and column of a cell that spans several, within the table and the sheet. A cell that would overlap another stays single:
/// Excel repairs files with overlaps by dropping them.
fn span(table: &Table, cell: &Cell, row: u32, merged: &mut HashSet<(u32, u32)>) -> Option<(u32, u16)> {
    let rows = cell.row_span.min(table.rows.saturating_sub(cell.row)).min(MAX_ROWS - row);
    let columns = cell.column_span.min(table.columns.saturating_sub(cell.column)).min(MAX_COLUMNS - cell.column);
    let area = u64::from(rows) * u64::from(columns);
    if area < 2 || area > MAX_CELLS as u64 {
        return None;
    }
    let places = || (0..rows).flat_map(|down| (0..columns).map(move |right| (row + down, cell.column + right)));
    if places().any(|place| merged.contains(&place)) {
        return None;
    }
    merged.extend(places());
    Some((row + rows - 1, (cell.column + columns - 1) as u16))
}

/// The lowest confidence of a text's words; that of its lines where words have none.
fn confidence(text: &RichText) -> Option<f32> {
    let of_line = |line: &inkstream_content::Line| {
        line.words.iter().filter_map(|word| word.confidence).reduce(f32::min).or(line.confidence)
    };
    text.lines.iter().filter_map(of_line).reduce(f32::min)
}

/// What a reader should know about a cell.
fn note(doubt: Option<f32>, value: &Value, rest: &str) -> Option<String> {
    let mut notes = Vec::new();
    if let Some(confidence) = doubt {
        notes.push(format!("Read with a confidence of {confidence:.0} %. Please check it."));
    }
    if *value == Value::OddText {
        notes.push("Text among numbers: it is not part of sums.".to_owned());
    }
    if !rest.is_empty() {
        notes.push(format!("The text is longer than a cell can be. {} more letters were cut.", rest.chars().count()));
    }
    (!notes.is_empty()).then(|| notes.join("\n"))
}
