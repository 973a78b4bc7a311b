use std::{path::PathBuf, time::Duration};

use super::value;

/// The sandboxed processes that decode documents and run the embedded engine.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Child processes")]
pub struct ChildSettings {
    /// Tesseract processes, each reads one page at a time; left out: one a CPU
    #[arg(long, env = "READ_CHILDREN", value_parser = value::count)]
    pub read_children: Option<usize>,
    /// Processes that open and render documents, at once; left out: one a CPU, at least two
    #[arg(long, env = "DECODE_CHILDREN", value_parser = value::count)]
    pub decode_children: Option<usize>,
    /// PDFium's library; left out: looked for beside the program, in ~/.cache/inkstream and /usr/lib/inkstream
    #[arg(long, env = "PDFIUM_LIBRARY")]
    pub pdfium_library: Option<PathBuf>,
    /// Folder of Tesseract's language files; left out: looked for where Debian keeps them
    #[arg(long, env = "TESSDATA_DIR")]
    pub tessdata_dir: Option<PathBuf>,
    /// How long opening a document may take
    #[arg(long, env = "OPEN_DEADLINE", default_value = "20s", value_parser = value::duration)]
    pub open_deadline: Duration,
    /// How long rendering a page may take
    #[arg(long, env = "RENDER_DEADLINE", default_value = "20s", value_parser = value::duration)]
    pub render_deadline: Duration,
    /// How long the embedded engine may take for a page
    #[arg(long, env = "READ_DEADLINE", default_value = "2m", value_parser = value::duration)]
    pub read_deadline: Duration,
}
