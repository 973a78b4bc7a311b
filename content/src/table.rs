use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{BoundingBox, RichText};

/// The maximum number of cells of a table, including those that spans cover. A page in the smallest type has some thousands.
pub const MAX_CELLS: usize = 20_000;
/// The maximum number of rows or columns that a cell spans, as in HTML (`colspan`,
/// <https://html.spec.whatwg.org/multipage/tables.html#attributes-common-to-td-and-th-elements>).
const MAX_SPAN: u32 = 1_000;

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Table {
    /// Number of rows.
    pub rows: u32,
    /// Number of columns.
    pub columns: u32,
    /// Number of rows of the head.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub header_rows: u32,
    /// The cells by row and column. They do not overlap; positions without a cell are empty.
    pub cells: Vec<Cell>,
    /// The caption, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<RichText>,
    /// Whether rows, cells or spans beyond [`MAX_CELLS`] were left out.
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
    /// Number of rows that it spans; at least 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub row_span: u32,
    /// Number of columns that it spans; at least 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub column_span: u32,
    /// Whether it is a header of its row or column.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub header: bool,
    /// Its text.
    pub text: RichText,
    /// Its bounds, if known.
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<BoundingBox>,
}

/// Builds a table row by row with the algorithm of HTML: a cell takes the next position of its row that no cell from above covers
/// (<https://html.spec.whatwg.org/multipage/tables.html#forming-a-table>).
#[derive(Debug, Default)]
pub struct TableBuilder {
    table: Table,
    /// Covered positions by row and column.
    taken: HashSet<(u32, u32)>,
    column: u32,
    in_row: bool,
    /// Whether the row has only header cells so far, or is in the table's head.
    row_is_header: bool,
    in_head: bool,
    /// Whether a row after the head has begun.
    body_begun: bool,
}

impl TableBuilder {
    /// Begins a row. `in_head`: whether it is in the table's head.
    pub fn begin_row(&mut self, in_head: bool) {
        self.end_row();
        self.in_row = true;
        self.in_head = in_head;
        self.row_is_header = true;
        self.column = 0;
    }

    /// Adds a cell to the row, or begins one. Spans of 0 count as 1. A row span beyond the last row is cut when the table ends.
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
        // A span ends before a cell from above, so that cells do not overlap.
        let free = (0..column_span).take_while(|by| !self.taken.contains(&(row, column + by))).count() as u32;
        let column_span = free.max(1);
        let row_span = row_span.clamp(1, MAX_SPAN);
        let fits = |columns: u32, rows: u32| self.taken.len() + (columns as usize) * (rows as usize) <= MAX_CELLS;
        self.table.truncated |= !fits(column_span, row_span);
        // The text of a cell counts for more than its spans.
        let (column_span, row_span) = match fits(column_span, row_span) {
            true => (column_span, row_span),
            false if fits(1, 1) => (1, 1),
            false => return,
        };
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

    /// Adds a caption. A second one is appended to the first.
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

    /// The table; `None` if it has no cell.
    pub fn finish(self) -> Option<Table> {
        self.finish_or_caption().ok()
    }

    /// The table, or the caption alone if there is no cell.
    pub fn finish_or_caption(mut self) -> Result<Table, Option<RichText>> {
        self.end_row();
        let mut table = self.table;
        if table.cells.is_empty() {
            return Err(table.caption);
        }
        for cell in &mut table.cells {
            cell.row_span = cell.row_span.min(table.rows - cell.row);
        }
        // A head without body rows is not a head.
        if table.header_rows == table.rows {
            table.header_rows = u32::from(table.rows > 1);
        }
        Ok(table)
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
    fn a_span_is_cut_at_the_last_row_and_at_a_cell_from_above() {
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
    fn the_head_follows_the_markup_but_is_never_the_whole_table() {
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
    fn an_oversized_table_is_cut_and_marked_truncated() {
        let mut builder = TableBuilder::default();
        builder.begin_row(false);
        add(&mut builder, "kept", 1, 1);
        add(&mut builder, "bomb", u32::MAX, u32::MAX);
        let table = builder.finish().unwrap();
        assert_eq!((places(&table), table.truncated), (vec![(0, 0, 1, 1, "kept"), (0, 1, 1, 1, "bomb")], true));
        let mut builder = TableBuilder::default();
        (0..=MAX_CELLS).for_each(|_| add(&mut builder, "cell", 1, 1));
        let table = builder.finish().unwrap();
        assert_eq!((table.cells.len(), table.truncated), (MAX_CELLS, true));
        assert!(TableBuilder::default().finish().is_none());
    }
}
