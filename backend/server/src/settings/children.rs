use std::{path::PathBuf, time::Duration};

use super::value;

/// The sandboxed processes that decode documents and run the embedded engine.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Child processes")]
pub struct ChildSettings {
    /// Number of processes of each embedded engine. Each reads one page at a time; unset: one for each CPU
    #[arg(long, env = "READ_CHILDREN", value_parser = value::count)]
    pub read_children: Option<usize>,
    /// Number of processes that open and render documents; unset: one for each CPU, at least two
    #[arg(long, env = "DECODE_CHILDREN", value_parser = value::count)]
    pub decode_children: Option<usize>,
    /// Path of PDFium's library; unset: searched beside the program, in ~/.cache/inkstream and in /usr/lib/inkstream
    #[arg(long, env = "PDFIUM_LIBRARY")]
    pub pdfium_library: Option<PathBuf>,
    /// Folder of Tesseract's models; unset: searched where Debian installs them
    #[arg(long, env = "TESSDATA_DIR")]
    pub tessdata_dir: Option<PathBuf>,
    /// Folder of PP-OCR's models; unset: searched beside the program, in ~/.cache/inkstream and in /usr/lib/inkstream
    #[arg(long, env = "MODELS_DIR")]
    pub models_dir: Option<PathBuf>,
    /// Maximum time for opening a document
    #[arg(long, env = "OPEN_DEADLINE", default_value = "20s", value_parser = value::duration)]
    pub open_deadline: Duration,
    /// Maximum time for rendering a page
    #[arg(long, env = "RENDER_DEADLINE", default_value = "20s", value_parser = value::duration)]
    pub render_deadline: Duration,
    /// Maximum time that the embedded engine may spend on a page
    #[arg(long, env = "READ_DEADLINE", default_value = "2m", value_parser = value::duration)]
    pub read_deadline: Duration,
}
