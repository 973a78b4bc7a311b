//! The tables of a document as a workbook: Office Open XML (ECMA-376), written by `rust_xlsxwriter`.

mod limits;
mod looks;
mod summary;
mod table;

use std::{collections::VecDeque, io::Write};

use inkstream_content::{MAX_CELLS, Table};

use self::{
    limits::{MAX_ROWS, MAX_TEXT, sheet_name, split},
    looks::{Formats, Look},
    summary::Summary,
    table::Losses,
};
use crate::{Export, ExportError, Options, SourcePage, file_names, file_names::Names, printable::printable};

/// The maximum number of cells of a workbook: it is in memory until its end, each cell with 200 bytes (measured).
pub const MAX_WORKBOOK_CELLS: usize = 1_000_000;
/// The maximum width of a column in pixels: a third of a usual screen. Longer texts are wrapped.
const MAX_WIDTH: u32 = 420;

/// Where the tables of a workbook are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    /// Each table is on a sheet of its own, named after its caption, or after its file and page.
    #[default]
    SheetPerTable,
    /// The tables of a file are on one sheet, one below the other, each below its title.
    Stacked,
}

/// A sheet that is not complete.
#[derive(Debug)]
struct OpenSheet {
    index: usize,
    next_row: u32,
    /// The file whose tables it has.
    file: String,
}

/// A workbook that is being written.
pub(crate) struct Workbook<W> {
    options: Options,
    out: W,
    book: rust_xlsxwriter::Workbook,
    sheets: usize,
    names: Names,
    formats: Formats,
    cells: usize,
    stack: Option<OpenSheet>,
    text: Option<OpenSheet>,
    summary: Summary,
}

impl<W: Write + Send> Workbook<W> {
    pub(crate) fn new(options: Options, out: W) -> Self {
        let mut names = Names::default();
        // Excel keeps the first name for itself; the second one is that of the last sheet.
        names.reserve("History");
        names.reserve(summary::NAME);
        Self {
            options,
            out,
            book: rust_xlsxwriter::Workbook::new(),
            sheets: 0,
            names,
            formats: Formats::default(),
            cells: 0,
            stack: None,
            text: None,
            summary: Summary::default(),
        }
    }

    fn add_sheet(&mut self, name: &str) -> Result<usize, ExportError> {
        let sheet = self.book.add_worksheet();
        sheet.set_name(name)?.set_autofit_max_width(MAX_WIDTH);
        self.sheets += 1;
        Ok(self.sheets - 1)
    }

    fn count(&mut self, cells: usize) -> Result<(), ExportError> {
        self.cells = self.cells.saturating_add(cells);
        if self.cells > MAX_WORKBOOK_CELLS {
            let message = format!(
                "The document has more than {MAX_WORKBOOK_CELLS} cells, too many for a workbook. Export it as CSV or in parts."
            );
            return Err(ExportError::TooLarge(message));
        }
        Ok(())
    }

    /// Writes a table. Returns the name of its sheet.
    fn table(&mut self, page: &SourcePage<'_>, number: usize, table: &Table) -> Result<(String, Losses), ExportError> {
        let covered = |cell: &inkstream_content::Cell| u64::from(cell.row_span) * u64::from(cell.column_span);
        let covered: u64 = table.cells.iter().map(covered).map(|area| area.min(MAX_CELLS as u64)).sum();
        self.count(usize::try_from(covered).unwrap_or(usize::MAX))?;
        let caption = table.caption.as_ref().map(|caption| printable(caption.text.trim()).into_owned());
        let caption = caption.filter(|caption| !caption.is_empty());
        let (index, top) = match self.options.layout {
            Layout::SheetPerTable => {
                let name = match &caption {
                    Some(caption) => sheet_name(&mut self.names, caption, ""),
                    None => sheet_name(&mut self.names, &file_names::stem(page.file), &of_page(page)),
                };
                (self.add_sheet(&name)?, 0)
            }
            Layout::Stacked => self.stack(page, number, table, caption.as_deref())?,
        };
        let sheet = self.book.worksheet_from_index(index)?;
        let losses = table::write(sheet, &mut self.formats, self.options, table, top)?;
        if self.options.layout == Layout::SheetPerTable && (1..table.rows).contains(&table.header_rows) {
            sheet.set_freeze_panes(table.header_rows.min(MAX_ROWS - 1), 0)?;
        }
        Ok((sheet.name(), losses))
    }

    /// Writes the title of a table on the sheet of its file. Returns the sheet and the table's first row.
    fn stack(
        &mut self,
        page: &SourcePage<'_>,
        number: usize,
        table: &Table,
        caption: Option<&str>,
    ) -> Result<(usize, u32), ExportError> {
        let fits =
            |sheet: &OpenSheet| sheet.file == page.file && sheet.next_row + 1 < MAX_ROWS.saturating_sub(table.rows);
        let mut sheet = if let Some(sheet) = self.stack.take().filter(fits) {
            sheet
        } else {
            let name = sheet_name(&mut self.names, &file_names::stem(page.file), "");
            OpenSheet { index: self.add_sheet(&name)?, next_row: 0, file: page.file.to_owned() }
        };
        let title = format!("Page {}, table {number}", page.number);
        let title = caption.map_or(title.clone(), |caption| format!("{title}: {caption}"));
        let (title, _) = split(&title, MAX_TEXT);
        let format = self.formats.of(Look { is_bold: true, ..Look::default() });
        self.book.worksheet_from_index(sheet.index)?.write_string_with_format(sheet.next_row, 0, title, format)?;
        let place = (sheet.index, sheet.next_row + 1);
        // An empty row ends a table where people select it.
        sheet.next_row = sheet.next_row.saturating_add(table.rows).saturating_add(2);
        self.stack = Some(sheet);
        Ok(place)
    }

    /// Writes the text of a page, a row for each of its lines. Returns the name of the sheet.
    fn text(&mut self, page: &SourcePage<'_>) -> Result<Option<String>, ExportError> {
        let text = page.content.plain_text();
        let text = printable(&text);
        let mut rest: VecDeque<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let mut name = None;
        while let Some(line) = rest.pop_front() {
            self.count(3)?;
            let mut sheet = match self.text.take().filter(|sheet| sheet.next_row < MAX_ROWS) {
                Some(sheet) => sheet,
                None => self.text_sheet()?,
            };
            let (line, after) = split(line, MAX_TEXT);
            if !after.is_empty() {
                rest.push_front(after);
            }
            let (row, file) = (sheet.next_row, printable(page.file));
            let worksheet = self.book.worksheet_from_index(sheet.index)?;
            worksheet.write_string_with_format(row, 0, split(&file, MAX_TEXT).0, self.formats.of(Look::default()))?;
            worksheet.write_number_with_format(row, 1, page.number, self.formats.of(Look::default()))?;
            let look = Look::default().of_text(line);
            worksheet.write_string_with_format(row, 2, line, self.formats.of(look))?;
            name = Some(worksheet.name());
            sheet.next_row += 1;
            self.text = Some(sheet);
        }
        Ok(name)
    }

    fn text_sheet(&mut self) -> Result<OpenSheet, ExportError> {
        let name = sheet_name(&mut self.names, "Text", "");
        let index = self.add_sheet(&name)?;
        let sheet = self.book.worksheet_from_index(index)?;
        let head = self.formats.of(Look { is_head: true, ..Look::default() });
        sheet.write_row_with_format(0, 0, ["File", "Page", "Text"], head)?.set_freeze_panes(1, 0)?;
        Ok(OpenSheet { index, next_row: 1, file: String::new() })
    }
}

impl<W: Write + Send> Export for Workbook<W> {
    fn page(&mut self, page: &SourcePage<'_>) -> Result<(), ExportError> {
        let tables = page.content.tables();
        let mut sheets = Vec::new();
        let mut warnings = page.warnings.to_vec();
        for (index, table) in tables.iter().enumerate() {
            let number = index + 1;
            let (sheet, losses) = self.table(page, number, table)?;
            if losses.cells > 0 {
                warnings.push(format!("{} cells of table {number} are beyond what a sheet can hold.", losses.cells));
            }
            if losses.texts > 0 {
                warnings.push(format!("{} cells of table {number} are cut: notes tell which.", losses.texts));
            }
            if table.truncated {
                warnings.push(format!("Table {number} was too large to be read as a whole."));
            }
            if sheets.last() != Some(&sheet) {
                sheets.push(sheet);
            }
        }
        if tables.is_empty() && !self.options.tables_only {
            sheets.extend(self.text(page)?);
        }
        self.summary.add(page, tables.len(), &sheets, &warnings);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        let index = self.add_sheet(summary::NAME)?;
        let sheet = self.book.worksheet_from_index(index)?;
        self.summary.write(sheet, &mut self.formats)?;
        for sheet in self.book.worksheets_mut() {
            sheet.autofit();
        }
        self.book.save_to_writer(&mut self.out)?;
        self.out.flush()?;
        Ok(())
    }
}

/// What distinguishes the page's sheets from those of the file's first page.
fn of_page(page: &SourcePage<'_>) -> String {
    if page.number == 1 { String::new() } else { format!(" p{}", page.number) }
}

#[cfg(test)]
mod tests {
    use inkstream_content::{Block, BlockKind, PageContent, RichText, TableBuilder};

    use super::*;

    #[test]
    fn a_document_with_too_many_cells_is_refused_with_advice() {
        let mut builder = TableBuilder::default();
        builder.cell(RichText::plain("a"), false, 10, 1);
        let content = PageContent::new(vec![Block::new(BlockKind::Table(builder.finish().unwrap()))]);
        let page = SourcePage { file: "a.pdf", number: 1, engine: None, warnings: &[], content: &content };
        let mut workbook = Workbook::new(Options::default(), Vec::new());
        workbook.cells = MAX_WORKBOOK_CELLS - 19;
        workbook.page(&page).unwrap();
        let Err(ExportError::TooLarge(message)) = workbook.page(&page) else { panic!("it was written") };
        assert!(message.contains("Export it as CSV"));
    }
}
