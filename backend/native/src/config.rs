use std::{
    env,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::neural::Models;

/// The version of PDFium's wheel (pypdfium2) that the setup script installs.
const PDFIUM_VERSION: &str = "5.15.2";
const PDFIUM_FILE: &str = "libpdfium.so";
const MODELS_FOLDER: &str = "models";
/// The folders where Debian and Ubuntu install Tesseract's models, newest first.
const TESSDATA: &[&str] =
    &["/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata"];

/// Libraries, programs and limits of the children.
#[derive(Debug, Clone)]
pub struct NativeConfig {
    /// The program that is run as `PROGRAM worker ROLE`. By default it is this program.
    pub worker_program: Option<PathBuf>,
    /// PDFium's library. By default it is searched for beside the program, in `~/.cache/inkstream` and in
    /// `/usr/lib/inkstream`.
    pub pdfium_library: Option<PathBuf>,
    /// The folder of Tesseract's models. By default it is Debian's.
    pub tessdata: Option<PathBuf>,
    /// The folder of the neural models. By default it is searched for beside the program, in `~/.cache/inkstream` and in
    /// `/usr/lib/inkstream`.
    pub models: Option<PathBuf>,
    /// Languages of the read child that is started at once, and of pages that name none.
    pub languages: Vec<String>,
    /// The maximum number of pages that are recognized at once.
    pub read_children: usize,
    /// The maximum number of pages that are rendered at once.
    pub decode_children: usize,
    /// The number of decode children that are started ahead.
    pub decode_ahead: usize,
    /// The maximum number of pixels of a page image.
    pub max_pixels: u64,
    /// The maximum number of pages of a document.
    pub max_pages: u32,
    /// The maximum time for opening a document.
    pub open_deadline: Duration,
    /// The maximum time for rendering a page.
    pub render_deadline: Duration,
    /// The maximum time for recognizing a page.
    pub read_deadline: Duration,
    /// The maximum address space of a decode child in bytes, in addition to 12 bytes for each of `max_pixels`.
    pub decode_memory: u64,
    /// The maximum address space of a read child in bytes, in addition to 12 bytes for each of `max_pixels`.
    pub read_memory: u64,
}

/// The defaults of the command line. The server sets every field but the program and the memory.
impl Default for NativeConfig {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(2, usize::from);
        Self {
            worker_program: None,
            pdfium_library: None,
            tessdata: None,
            models: None,
            languages: vec!["eng".into()],
            read_children: cores,
            decode_children: cores.max(2),
            decode_ahead: 0,
            max_pixels: 100_000_000,
            max_pages: 1000,
            open_deadline: Duration::from_secs(20),
            render_deadline: Duration::from_secs(20),
            read_deadline: Duration::from_mins(2),
            decode_memory: 384 << 20,
            read_memory: 512 << 20,
        }
    }
}

/// The paths where PDFium's library may be, the preferred one first.
pub(crate) fn pdfium_places(named: Option<&Path>) -> Vec<PathBuf> {
    if let Some(named) = named {
        return vec![named.to_owned()];
    }
    places(PDFIUM_FILE, &format!("pdfium-{PDFIUM_VERSION}/{PDFIUM_FILE}"))
}

/// The folder of the neural models. If none exists, the first candidate, so that the error names it.
pub(crate) fn models(named: Option<&Path>) -> PathBuf {
    let mut candidates = named.map_or_else(|| places(MODELS_FOLDER, MODELS_FOLDER), |named| vec![named.to_owned()]);
    let found = candidates.iter().position(|folder| Models(folder).are_there());
    candidates.swap_remove(found.unwrap_or(0))
}

/// The folder of the neural models, if they are there.
pub(crate) fn models_there(named: Option<&Path>) -> Option<PathBuf> {
    Some(models(named)).filter(|folder| Models(folder).are_there())
}

/// Where a file or folder may be: beside the program, in the set-up scripts' cache, or installed.
fn places(name: &str, cached: &str) -> Vec<PathBuf> {
    let beside = env::current_exe().ok().and_then(|program| Some(program.parent()?.join(name)));
    let cached = env::home_dir().map(|home| home.join(".cache/inkstream").join(cached));
    beside.into_iter().chain(cached).chain([PathBuf::from("/usr/lib/inkstream").join(name)]).collect()
}

/// The folder of Tesseract's models. If none exists, the first candidate, so that the error names it.
pub(crate) fn tessdata(named: Option<&Path>) -> PathBuf {
    let found = || TESSDATA.iter().map(Path::new).find(|folder| folder.is_dir());
    named.or_else(found).unwrap_or(Path::new(TESSDATA[0])).to_owned()
}
