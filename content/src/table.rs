use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{BoundingBox, RichText};

/// The most cells of a table, those that a span covers included: a page set in the smallest type has some thousands.
pub const MAX_CELLS: usize = 20_000;
/// The most rows or columns that one cell spans: what HTML allows (`colspan`,
/// <https://html.spec.whatwg.org/multipage/tables.html#attributes-common-to-td-and-th-elements>).
const MAX_SPAN: u32 = 1_000;

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Table {
    /// How many rows.
    pub rows: u32,
    /// How many columns.
    pub columns: u32,
    /// How many rows from the top are the head.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub header_rows: u32,
    /// The cells, by row and then column. No two cover the same place; a place that no cell covers is empty.
    pub cells: Vec<Cell>,
    /// The caption, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<RichText>,
    /// Whether rows or cells beyond [`MAX_CELLS`] were left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// A cell of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cell {
    /// Its first row, from 0.
    pub row: u32,
    /// Its first column, from 0.
    pub column: u32,
    /// How many rows it has; at least 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub row_span: u32,
    /// How many columns it has; at least 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub column_span: u32,
    /// Whether it heads its row or column.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub header: bool,
    /// Its text.
    pub text: RichText,
    /// Where it is, if known.
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<BoundingBox>,
}

/// Builds a table row by row, as HTML does it: a cell takes the next place of its row that no cell from above covers
/// (<https://html.spec.whatwg.org/multipage/tables.html#forming-a-table>).
#[derive(Debug, Default)]
pub struct TableBuilder {
    table: Table,
    /// Places that are taken, by row and column.
    taken: HashSet<(u32, u32)>,
    column: u32,
    in_row: bool,
    /// Whether the row so far has header cells alone, or stands in the table's head.
    row_is_header: bool,
    in_head: bool,
    /// Whether a row that is none of the head has come.
    body_begun: bool,
}

impl TableBuilder {
    /// Begins a row. `in_head` says that it stands in the table's head.
    pub fn begin_row(&mut self, in_head: bool) {
        self.end_row();
        self.in_row = true;
        self.in_head = in_head;
        self.row_is_header = true;
        self.column = 0;
    }

    /// Adds a cell to the row, which begins if there is none. Spans of 0 count as 1; a row span that goes beyond the
    /// last row is cut as the table ends.
    pub fn cell(&mut self, text: RichText, header: bool, column_span: u32, row_span: u32) {
        if !self.in_row {
            self.begin_row(false);
        }
        let row = self.table.rows;
        while self.taken.contains(&(row, self.column)) {
            self.column += 1;
        }
        let column = self.column;
        let column_span = column_span.clamp(1, MAX_SPAN);
        // A span ends before a cell from above, so that no two cells cover the same place.
        let free = (0..column_span).take_while(|by| !self.taken.contains(&(row, column + by))).count() as u32;
        let column_span = free.max(1);
        let row_span = row_span.clamp(1, MAX_SPAN);
        if self.taken.len() + (column_span as usize) * (row_span as usize) > MAX_CELLS {
            self.table.truncated = true;
            return;
        }
        for down in 0..row_span {
            for across in 0..column_span {
                self.taken.insert((row + down, column + across));
            }
        }
        self.row_is_header &= header;
        self.table.cells.push(Cell { row, column, row_span, column_span, header, text, bounds: None });
        self.column += column_span;
        self.table.columns = self.table.columns.max(self.column);
    }

    /// The caption; a second one is added to the first.
    pub fn caption(&mut self, text: RichText) {
        match &mut self.table.caption {
            Some(caption) => {
                caption.text.push('\n');
                caption.text.push_str(&text.text);
            }
            none => *none = Some(text),
        }
    }

    /// Ends the row.
    pub fn end_row(&mut self) {
        if !std::mem::take(&mut self.in_row) {
            return;
        }
        let row = self.table.rows;
        let has_cells = self.taken.iter().any(|(taken, _)| *taken == row);
        if !has_cells {
            return;
        }
        self.table.rows += 1;
        let is_header = self.in_head || self.row_is_header;
        self.body_begun |= !is_header;
        if !self.body_begun {
            self.table.header_rows = self.table.rows;
        }
    }

    /// The table; `None` where it has no cell.
    pub fn finish(mut self) -> Option<Table> {
        self.end_row();
        let mut table = self.table;
        if table.cells.is_empty() {
            return None;
        }
        for cell in &mut table.cells {
            cell.row_span = cell.row_span.min(table.rows - cell.row);
        }
        // A head alone heads nothing.
        if table.header_rows == table.rows {
            table.header_rows = u32::from(table.rows > 1);
        }
        Some(table)
    }
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_one(span: &u32) -> bool {
    *span == 1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(rows: &u32) -> bool {
    *rows == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(table: &Table) -> Vec<(u32, u32, u32, u32, &str)> {
        table.cells.iter().map(|c| (c.row, c.column, c.row_span, c.column_span, c.text.text.as_str())).collect()
    }

    fn add(builder: &mut TableBuilder, text: &str, column_span: u32, row_span: u32) {
        builder.cell(RichText::plain(text), false, column_span, row_span);
    }

    #[test]
    fn cells_flow_around_those_that_span_rows() {
        let mut builder = TableBuilder::default();
        builder.begin_row(false);
        add(&mut builder, "a", 1, 2);
        add(&mut builder, "b", 2, 1);
        builder.begin_row(false);
        add(&mut builder, "c", 1, 1);
        add(&mut builder, "d", 1, 1);
        let table = builder.finish().unwrap();
        assert_eq!((table.rows, table.columns), (2, 3));
        assert_eq!(places(&table), [(0, 0, 2, 1, "a"), (0, 1, 1, 2, "b"), (1, 1, 1, 1, "c"), (1, 2, 1, 1, "d")]);
    }

    #[test]
    fn a_span_beyond_the_last_row_is_cut_and_one_into_a_cell_from_above_ends_there() {
        let mut builder = TableBuilder::default();
        builder.begin_row(false);
        add(&mut builder, "a", 1, 1);
        add(&mut builder, "b", 1, 99);
        builder.begin_row(false);
        add(&mut builder, "c", 5, 1);
        add(&mut builder, "d", 1, 1);
        let table = builder.finish().unwrap();
        assert_eq!(places(&table), [(0, 0, 1, 1, "a"), (0, 1, 2, 1, "b"), (1, 0, 1, 1, "c"), (1, 2, 1, 1, "d")]);
    }

    #[test]
    fn the_head_is_what_the_markup_calls_so_and_never_all_of_a_longer_table() {
        let mut builder = TableBuilder::default();
        builder.begin_row(true);
        add(&mut builder, "a", 1, 1);
        builder.begin_row(false);
        builder.cell(RichText::plain("b"), true, 1, 1);
        builder.begin_row(false);
        add(&mut builder, "c", 1, 1);
        assert_eq!(builder.finish().unwrap().header_rows, 2);
    }

    #[test]
    fn a_table_of_absurd_size_is_cut_and_says_so() {
        let mut builder = TableBuilder::default();
        builder.begin_row(false);
        add(&mut builder, "kept", 1, 1);
        add(&mut builder, "bomb", u32::MAX, u32::MAX);
        let table = builder.finish().unwrap();
        assert_eq!((table.cells.len(), table.truncated), (1, true));
        assert!(TableBuilder::default().finish().is_none());
    }
}
