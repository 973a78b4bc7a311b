//! Tables with spans.

use std::collections::BTreeMap;

use docx_rs::{Paragraph, Run, Shading, Table, TableCell, TableRow, VMergeType, WidthType};

use super::styled_text;

/// Word opens no table with more columns
/// (<https://support.microsoft.com/office/operating-parameter-limitations-and-specifications-in-word>).
pub(super) const MAX_COLUMNS: u32 = 63;
/// The width of the text on Word's usual page in twentieths of a point: six inches.
const WIDTH: usize = 8_640;

/// A cell that goes on in the rows below.
#[derive(Debug, Clone, Copy)]
struct Tall {
    columns: u32,
    /// The row after its last.
    end: u32,
}

/// Writes a table. Each of its rows covers all columns, as the format demands: with cells, with those that go on from above, and with
/// empty ones.
pub(super) fn write(table: &inkstream_content::Table) -> Table {
    let mut cells: BTreeMap<(u32, u32), &inkstream_content::Cell> = BTreeMap::new();
    for cell in &table.cells {
        cells.entry((cell.row, cell.column)).or_insert(cell);
    }
    let width = WIDTH / (table.columns.max(1) as usize);
    let mut tall: BTreeMap<u32, Tall> = BTreeMap::new();
    let mut rows = Vec::new();
    for row in 0..table.rows {
        tall.retain(|_, span| span.end > row);
        let mut written = Vec::new();
        let mut column = 0;
        while column < table.columns {
            let (cell, columns) = if let Some(span) = tall.get(&column) {
                (TableCell::new().vertical_merge(VMergeType::Continue).add_paragraph(Paragraph::new()), span.columns)
            } else if let Some(cell) = cells.get(&(row, column)) {
                // A span ends before the row's next cell, before one from above, and with the table.
                let beside = cells.range((row, column + 1)..(row + 1, 0)).next().map(|((_, next), _)| *next);
                let above = tall.range(column..).next().map(|(next, _)| *next);
                let next = beside.into_iter().chain(above).fold(table.columns, u32::min);
                let columns = cell.column_span.clamp(1, next - column);
                let end = row.saturating_add(cell.row_span).min(table.rows);
                if end > row + 1 {
                    tall.insert(column, Tall { columns, end });
                }
                (of(table, cell, end > row + 1), columns)
            } else {
                (TableCell::new().add_paragraph(Paragraph::new()), 1)
            };
            let cell = cell.width(width * columns as usize, WidthType::Dxa);
            written.push(if columns > 1 { cell.grid_span(columns as usize) } else { cell });
            column += columns;
        }
        rows.push(TableRow::new(written));
    }
    Table::new(rows).set_grid(vec![width; table.columns as usize])
}

fn of(table: &inkstream_content::Table, cell: &inkstream_content::Cell, is_tall: bool) -> TableCell {
    let is_head = cell.row < table.header_rows;
    let base = if is_head || cell.header { Run::new().bold() } else { Run::new() };
    let paragraph = styled_text::write(Paragraph::new(), &cell.text, &base);
    let mut written = TableCell::new().add_paragraph(paragraph);
    if is_head {
        written = written.shading(Shading::new().fill("D9E1F2"));
    }
    if is_tall { written.vertical_merge(VMergeType::Restart) } else { written }
}
