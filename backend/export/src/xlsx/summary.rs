//! The last sheet of a workbook, which tells where its tables are from.

use rust_xlsxwriter::{Worksheet, XlsxError};

use super::{
    limits::{MAX_ROWS, MAX_TEXT, split},
    looks::{Formats, Look},
};
use crate::{SourcePage, printable::printable};

/// Its name.
pub(super) const NAME: &str = "Summary";
const HEAD: [&str; 6] = ["File", "Page", "Engine", "Tables", "Sheets", "Warnings"];

#[derive(Debug)]
struct Row {
    file: String,
    page: u32,
    engine: String,
    tables: usize,
    sheets: String,
    warnings: String,
}

/// A row for each page.
#[derive(Debug, Default)]
pub(super) struct Summary {
    rows: Vec<Row>,
}

impl Summary {
    pub(super) fn add(&mut self, page: &SourcePage<'_>, tables: usize, sheets: &[String], warnings: &[String]) {
        let text = |text: &str| split(&printable(text), MAX_TEXT).0.to_owned();
        self.rows.push(Row {
            file: text(page.file),
            page: page.number,
            engine: text(page.engine.unwrap_or_default()),
            tables,
            sheets: text(&sheets.join("\n")),
            warnings: text(&warnings.join("\n")),
        });
    }

    pub(super) fn write(&self, sheet: &mut Worksheet, formats: &mut Formats) -> Result<(), XlsxError> {
        let head = formats.of(Look { is_head: true, ..Look::default() });
        sheet.write_row_with_format(0, 0, HEAD, head)?.set_freeze_panes(1, 0)?;
        for (index, row) in (1..MAX_ROWS).zip(&self.rows) {
            let texts = [(0, &row.file), (2, &row.engine), (4, &row.sheets), (5, &row.warnings)];
            for (column, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
                sheet.write_string_with_format(index, column, text, formats.of(Look::default().of_text(text)))?;
            }
            sheet.write_number_with_format(index, 1, row.page, formats.of(Look::default()))?;
            sheet.write_number_with_format(index, 3, row.tables as f64, formats.of(Look::default()))?;
        }
        Ok(())
    }
}
