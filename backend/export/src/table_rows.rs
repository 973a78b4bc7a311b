//! The rows of a table with all that is in them.

use std::collections::BTreeMap;

use inkstream_content::{Cell, Table};

/// What is at a place of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Place<'a> {
    /// A cell, with the numbers of columns and rows that it has there.
    Cell { cell: &'a Cell, columns: u32, rows: u32 },
    /// A cell from above that goes on.
    Below { columns: u32 },
    /// No cell, in one column.
    Empty,
}

impl Place<'_> {
    pub(crate) const fn columns(&self) -> u32 {
        match self {
            Self::Cell { columns, .. } | Self::Below { columns } => *columns,
            Self::Empty => 1,
        }
    }
}

/// The rows of a table. The places of each cover all columns once: spans are cut where they would overlap another cell.
pub(crate) fn rows(table: &Table) -> impl Iterator<Item = Vec<Place<'_>>> {
    let mut cells: BTreeMap<(u32, u32), &Cell> = BTreeMap::new();
    for cell in &table.cells {
        cells.entry((cell.row, cell.column)).or_insert(cell);
    }
    // The columns at which cells from above go on, with their number and the row after the last.
    let mut above: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    (0..table.rows).map(move |row| {
        above.retain(|_, (_, end)| *end > row);
        let mut places = Vec::new();
        let mut column = 0;
        while column < table.columns {
            let place = if let Some((columns, _)) = above.get(&column) {
                Place::Below { columns: *columns }
            } else if let Some(cell) = cells.get(&(row, column)) {
                let beside = cells.range((row, column + 1)..(row + 1, 0)).next().map(|((_, next), _)| *next);
                let tall = above.range(column..).next().map(|(next, _)| *next);
                let next = beside.into_iter().chain(tall).fold(table.columns, u32::min);
                let columns = cell.column_span.clamp(1, next - column);
                let end = row.saturating_add(cell.row_span.max(1)).min(table.rows);
                if end > row + 1 {
                    above.insert(column, (columns, end));
                }
                Place::Cell { cell, columns, rows: end - row }
            } else {
                Place::Empty
            };
            column += place.columns();
            places.push(place);
        }
        places
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_a_row_cover_all_columns_once() {
        let cell = |row, column, row_span, column_span| Cell { row, column, row_span, column_span, ..Cell::default() };
        let table = Table {
            rows: 3,
            columns: 4,
            cells: vec![cell(0, 1, 9, 9), cell(0, 3, 1, 1), cell(1, 0, 0, 5), cell(2, 3, 1, 1)],
            ..Table::default()
        };
        let text = |place: Place<'_>| match place {
            Place::Cell { columns, rows, .. } => format!("{columns}x{rows}"),
            Place::Below { columns } => format!("below {columns}"),
            Place::Empty => String::new(),
        };
        let rows: Vec<Vec<String>> = rows(&table).map(|row| row.into_iter().map(text).collect()).collect();
        assert_eq!(rows, [vec!["", "2x3", "1x1"], vec!["1x1", "below 2", ""], vec!["", "below 2", "1x1"]]);
    }
}
