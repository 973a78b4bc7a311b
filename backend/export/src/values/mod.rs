//! The values of a table's cells: numbers and dates where a column leaves no doubt, text where it does.

mod column;
mod currency;
mod date;
mod locale;
mod number;
#[cfg(test)]
mod tests;

use inkstream_content::Table;

use column::Column;
pub use locale::Locale;
use locale::{Conventions, agreed};

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A number, with the format that shows it as it was written.
    Number { value: f64, format: String },
    /// A day, with the format that shows it as it was written.
    Date { year: u16, month: u8, day: u8, format: String },
    /// Text.
    Text,
    /// Text with digits in a column of numbers or dates: perhaps misread, and never part of a sum.
    OddText,
}

/// Whether a text is a number under any convention, as `-5` and `+1.5 %` are.
pub(crate) fn is_number(text: &str) -> bool {
    number::parse(text).is_some()
}

/// The values of a table's cells, in the order of its cells. Headers and cells that span columns are text.
///
/// A column tells by itself how it writes numbers and dates if one of its cells can be read only in one way. Otherwise the other columns
/// of the table tell, then `locale`. Text it stays if nothing tells: a number in a sheet is added up without being looked at.
pub(crate) fn values(table: &Table, locale: Option<Locale>) -> Vec<Value> {
    let is_body =
        |cell: &inkstream_content::Cell| cell.row >= table.header_rows && !cell.header && cell.column_span == 1;
    let mut by_column: Vec<Vec<usize>> = Vec::new();
    for (index, cell) in table.cells.iter().enumerate().filter(|(_, cell)| is_body(cell)) {
        let column = cell.column as usize;
        if by_column.len() <= column {
            by_column.resize(column + 1, Vec::new());
        }
        by_column[column].push(index);
    }
    let columns: Vec<(Vec<usize>, Column<'_>)> = by_column
        .into_iter()
        .map(|cells| {
            let column = Column::parse(cells.iter().map(|index| table.cells[*index].text.text.as_str()));
            (cells, column)
        })
        .collect();
    let table_conventions = Conventions {
        separators: agreed(columns.iter().filter_map(|(_, column)| column.separators())),
        order: agreed(columns.iter().filter_map(|(_, column)| column.order())),
    };
    let mut values = vec![Value::Text; table.cells.len()];
    for (cells, column) in columns {
        for (index, value) in cells.into_iter().zip(column.values(table_conventions, locale)) {
            values[index] = value;
        }
    }
    values
}
