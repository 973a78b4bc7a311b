use std::io;

use rust_xlsxwriter::XlsxError;
use zip::result::ZipError;

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The place that it is written to failed.
    #[error("the file cannot be written")]
    Io(#[from] io::Error),
    /// The workbook cannot be written.
    #[error("the workbook cannot be written")]
    Workbook(#[from] XlsxError),
    /// The document does not fit into the format. The text tells people what to do instead.
    #[error("{0}")]
    TooLarge(String),
}

impl From<ZipError> for ExportError {
    fn from(error: ZipError) -> Self {
        Self::Io(error.into())
    }
}
