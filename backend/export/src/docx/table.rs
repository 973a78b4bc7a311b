//! Tables with spans.

use docx_rs::{Paragraph, Run, Shading, Table, TableCell, TableRow, VMergeType, WidthType};

use super::styled_text;
use crate::table_rows::{self, Place};

/// Word opens no table with more columns
/// (<https://support.microsoft.com/office/operating-parameter-limitations-and-specifications-in-word>).
pub(super) const MAX_COLUMNS: u32 = 63;
/// The width of the text on Word's usual page in twentieths of a point: six inches.
const WIDTH: usize = 8_640;

/// Writes a table. Each of its rows covers all columns, as the format demands.
pub(super) fn write(table: &inkstream_content::Table) -> Table {
    let width = WIDTH / (table.columns.max(1) as usize);
    let place = |place: &Place<'_>| {
        let columns = place.columns() as usize;
        let cell = match place {
            Place::Cell { cell, rows, .. } => of(table, cell, *rows > 1),
            Place::Below { .. } => {
                TableCell::new().vertical_merge(VMergeType::Continue).add_paragraph(Paragraph::new())
            }
            Place::Empty => TableCell::new().add_paragraph(Paragraph::new()),
        };
        let cell = cell.width(width * columns, WidthType::Dxa);
        if columns > 1 { cell.grid_span(columns) } else { cell }
    };
    let rows = table_rows::rows(table).map(|row| TableRow::new(row.iter().map(place).collect())).collect();
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
