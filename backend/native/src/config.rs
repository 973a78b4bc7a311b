use std::{
    env,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// Version of PDFium's wheel that set-up installs (pypdfium2).
const PDFIUM_VERSION: &str = "5.15.2";
const PDFIUM_FILE: &str = "libpdfium.so";
/// Where Debian and Ubuntu keep Tesseract's models, newest first.
const TESSDATA: &[&str] =
    &["/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata"];

/// What the children need and may use.
#[derive(Debug, Clone)]
pub struct NativeConfig {
    /// The program that is run as `PROGRAM worker ROLE`; else this program itself.
    pub worker_program: Option<PathBuf>,
    /// PDFium's library; else it is looked for beside the program, in `~/.cache/inkstream` and `/usr/lib/inkstream`.
    pub pdfium_library: Option<PathBuf>,
    /// The folder of Tesseract's models; else where Debian keeps it.
    pub tessdata: Option<PathBuf>,
    /// Languages of the read child that is started at once, and of pages that name none.
    pub languages: Vec<String>,
    /// Pages read at once.
    pub read_children: usize,
    /// Pages rendered at once.
    pub decode_children: usize,
    /// Children that are started ahead of the pictures that they will decode.
    pub decode_ahead: usize,
    /// Pixels of a page's picture.
    pub max_pixels: u64,
    /// Pages of a document.
    pub max_pages: u32,
    /// How long opening a document may take.
    pub open_deadline: Duration,
    /// How long rendering a page may take.
    pub render_deadline: Duration,
    /// How long reading a page may take.
    pub read_deadline: Duration,
    /// Bytes of address space of a decode child, beside `max_pixels` times 12.
    pub decode_memory: u64,
    /// Bytes of address space of a read child, beside `max_pixels` times 12.
    pub read_memory: u64,
}

/// What the command line has where nothing is set; a server sets all of it but the program and the memory.
impl Default for NativeConfig {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(2, usize::from);
        Self {
            worker_program: None,
            pdfium_library: None,
            tessdata: None,
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

/// Places where PDFium's library may be, best first.
pub(crate) fn pdfium_places(named: Option<&Path>) -> Vec<PathBuf> {
    if let Some(named) = named {
        return vec![named.to_owned()];
    }
    let beside = env::current_exe().ok().and_then(|program| Some(program.parent()?.join(PDFIUM_FILE)));
    let cached = env::home_dir()
        .map(|home| home.join(".cache/inkstream").join(format!("pdfium-{PDFIUM_VERSION}")).join(PDFIUM_FILE));
    let installed = PathBuf::from("/usr/lib/inkstream").join(PDFIUM_FILE);
    beside.into_iter().chain(cached).chain([installed]).collect()
}

/// The folder of Tesseract's models; the first place where nothing is there.
pub(crate) fn tessdata(named: Option<&Path>) -> PathBuf {
    let found = || TESSDATA.iter().map(Path::new).find(|folder| folder.is_dir());
    named.or_else(found).unwrap_or(Path::new(TESSDATA[0])).to_owned()
}
