//! Pages as files: pure functions from [`PageContent`](inkstream_content::PageContent) to bytes. The crate knows neither documents nor
//! engines nor the network. The text formats that browsers write, too, are in `inkstream_content` (`TextFormat`).
//!
//! An [`Export`] takes the pages one by one and writes into any [`Write`]:
//!
//! | format | standard | memory |
//! |---|---|---|
//! | [`Format::Xlsx`] | ECMA-376 (Office Open XML), Excel's limits | grows with the cells: `rust_xlsxwriter` keeps the sheets until the end; at most [`MAX_WORKBOOK_CELLS`] |
//! | [`Format::Docx`] | ECMA-376 part 1 | grows with the paragraphs, for the same reason; at most [`MAX_PARAGRAPHS`] |
//! | [`Format::Csv`] | RFC 4180, one file for each table, in a ZIP file | one table, and the list of names in the ZIP file |
//! | [`Format::Hocr`] | hOCR 1.2, <https://kba.github.io/hocr-spec/1.2/> | one page |
//! | [`Format::Alto`] | ALTO 4.4, <https://www.loc.gov/standards/alto/v4/alto-4-4.xsd> | one page |
//!
//! Text comes from engines, so it is hostile: no text becomes markup, a formula or a path, and what XML 1.0 forbids is left out.

mod alto;
mod csv_files;
mod docx;
mod error;
mod file_names;
mod hocr;
mod placed_text;
mod printable;
mod table_rows;
mod values;
mod xlsx;
mod xml;

use std::io::Write;

use inkstream_content::PageContent;

pub use docx::MAX_PARAGRAPHS;
pub use error::ExportError;
pub use values::Locale;
pub use xlsx::{Layout, MAX_WORKBOOK_CELLS};

/// A page with what the reader of a file wants to know about it.
#[derive(Debug, Clone, Copy)]
pub struct SourcePage<'a> {
    /// The name of the file that the page is from. Nothing is opened by it, and names of files and sheets keep only its last part.
    pub file: &'a str,
    /// The page's number in that file, from 1.
    pub number: u32,
    /// The engine that read it, if one did.
    pub engine: Option<&'a str>,
    /// What may be wrong with its text.
    pub warnings: &'a [String],
    /// Its content; without blocks if nothing was read.
    pub content: &'a PageContent,
}

/// The formats of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A workbook with the tables.
    Xlsx,
    /// A ZIP file with a CSV file for each table.
    Csv,
    /// HTML with the places of lines and words.
    Hocr,
    /// XML with the places of lines and words.
    Alto,
    /// A text with headings, lists and tables.
    Docx,
}

impl Format {
    /// The file's media type, as registered with IANA. hOCR has none of its own; ALTO's own is not registered.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "application/zip",
            Self::Hocr => "text/html; charset=utf-8",
            Self::Alto => "application/xml",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        }
    }

    /// Whether a file is in memory until its end.
    pub const fn is_whole_in_memory(self) -> bool {
        matches!(self, Self::Xlsx | Self::Docx)
    }
}

/// What the caller may choose. The default fits every document.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Where the tables of a workbook are.
    pub layout: Layout,
    /// Whether a workbook leaves out the text of pages without a table.
    pub tables_only: bool,
    /// How numbers and dates are written where a column does not tell: whether `1,234` is a thousand or one.
    pub locale: Option<Locale>,
    /// Cells of a workbook below this confidence (0 to 100) are marked.
    pub low_confidence: f32,
}

impl Default for Options {
    fn default() -> Self {
        // 60 is the confidence below which the server warns of a page, too (`low_confidence` in docs/api.md).
        Self { layout: Layout::default(), tables_only: false, locale: None, low_confidence: 60.0 }
    }
}

/// A file that is being written.
pub trait Export {
    /// Writes a page. Pages come in their order.
    fn page(&mut self, page: &SourcePage<'_>) -> Result<(), ExportError>;
    /// Writes what follows the last page. A file without it is broken off.
    fn finish(self: Box<Self>) -> Result<(), ExportError>;
}

/// Begins a file.
pub fn export<'w>(format: Format, options: Options, out: impl Write + Send + 'w) -> Box<dyn Export + Send + 'w> {
    match format {
        Format::Xlsx => Box::new(xlsx::Workbook::new(options, out)),
        Format::Csv => Box::new(csv_files::CsvFiles::new(out)),
        Format::Hocr => Box::new(hocr::Hocr::new(out)),
        Format::Alto => Box::new(alto::Alto::new(out)),
        Format::Docx => Box::new(docx::Text::new(out)),
    }
}
