//! The tables of a document as CSV files (RFC 4180) in a ZIP file (PKWARE APPNOTE, written by `zip`).
//!
//! A file is UTF-8 and begins with a byte order mark: without it Excel takes it for the system's old encoding. Records end with CRLF, fields
//! that need it are in quotes, line breaks within a field stay. A cell that spans several stands in the first; the others are empty.

use std::io::Write;

use inkstream_content::Table;
use zip::{ZipWriter, write::SimpleFileOptions, write::StreamWriter};

use crate::{
    Export, ExportError, SourcePage,
    file_names::{self, Names},
    printable::printable,
    table_rows::{self, Place},
    values,
};

/// A ZIP file that is being written.
pub(crate) struct CsvFiles<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
    names: Names,
    tables: u64,
    pages: u64,
}

impl<W: Write> CsvFiles<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { zip: ZipWriter::new_stream(out), names: Names::default(), tables: 0, pages: 0 }
    }
}

impl<W: Write> Export for CsvFiles<W> {
    fn page(&mut self, page: &SourcePage<'_>) -> Result<(), ExportError> {
        self.pages += 1;
        let stem = file_names::safe(&file_names::stem(page.file));
        for (index, table) in page.content.tables().into_iter().enumerate() {
            let base = format!("{stem}-page-{}-table-{}", page.number, index + 1);
            let name = self.names.first_free(|number| match number {
                1 => format!("{base}.csv"),
                number => format!("{base} ({number}).csv"),
            });
            self.zip.start_file(name, SimpleFileOptions::default())?;
            write(&mut self.zip, table)?;
            self.tables += 1;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        if self.tables == 0 {
            self.zip.start_file("no-tables.txt", SimpleFileOptions::default())?;
            writeln!(self.zip, "There is no table on the {} pages of this export.", self.pages)?;
        }
        self.zip.finish()?.into_inner().flush()?;
        Ok(())
    }
}

fn write(out: &mut impl Write, table: &Table) -> Result<(), ExportError> {
    out.write_all("\u{FEFF}".as_bytes())?;
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(out);
    for places in table_rows::rows(table) {
        for place in places {
            let field = match place {
                Place::Cell { cell, .. } => harmless(printable(cell.text.text.trim()).into_owned()),
                Place::Below { .. } | Place::Empty => String::new(),
            };
            writer.write_field(field).map_err(std::io::Error::from)?;
            for _ in 1..place.columns() {
                writer.write_field("").map_err(std::io::Error::from)?;
            }
        }
        writer.write_record(None::<&[u8]>).map_err(std::io::Error::from)?;
    }
    writer.flush()?;
    Ok(())
}

/// A text that no spreadsheet evaluates: an apostrophe is put before what begins a formula, as OWASP advises
/// (<https://owasp.org/www-community/attacks/CSV_Injection>). Numbers such as `-5` and dashes stay as they are.
fn harmless(text: String) -> String {
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let is_dash = text.bytes().all(|byte| byte == b'-');
    if is_formula && !is_dash && !values::is_number(&text) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_neutralised_and_numbers_are_kept() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
            ("-5", "-5"),
            ("+1,234.50 %", "+1,234.50 %"),
            ("-", "-"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(harmless(text.to_owned()), expected);
        }
    }
}
