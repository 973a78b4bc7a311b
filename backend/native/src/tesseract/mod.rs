//! Tesseract, bound at run time through its C API. Runs only in a read child.

mod capi;
mod columns;
mod cursor;
mod direction;
mod exceptions;
mod layout;
mod leptonica;
mod models;
mod prepare;
mod reader;
mod script;
mod straighten;
mod stream;

use std::{
    ffi::{CStr, CString},
    path::Path,
    sync::Arc,
};

use self::capi::Capi;
pub use self::{exceptions::guarded, reader::Reader, script::ScriptFinder};

/// The file with the shapes of all scripts' letters.
const SCRIPT_DATA: &str = "osd.traineddata";

/// The Tesseract library, bound to this process.
pub struct Tesseract(Arc<Capi>);

impl Tesseract {
    /// Binds the system's library. The error is a sentence for the operator.
    pub fn load() -> Result<Self, String> {
        let capi = capi::load().map_err(|error| format!("libtesseract.so.5 cannot be loaded: {error}"))?;
        Ok(Self(Arc::new(capi)))
    }

    /// The library's version, such as `5.3.0`.
    pub fn version(&self) -> String {
        // SAFETY: it returns a constant C string.
        unsafe { CStr::from_ptr((self.0.version)()) }.to_string_lossy().into_owned()
    }

    /// Loads language models (the main one first) for reading pages. Nothing opens a file after this.
    pub fn reader(&self, tessdata: &Path, languages: &[String]) -> Result<Reader, String> {
        let joined = languages.join("+");
        let names = CString::new(joined.as_str()).map_err(|_| "a language has a NUL in its name".to_owned())?;
        Reader::load(Arc::clone(&self.0), tessdata, &names)
            .ok_or_else(|| format!("no models for {joined} can be loaded"))
    }

    /// Loads the data for finding scripts. Nothing opens a file after this.
    pub fn script_finder(&self, tessdata: &Path) -> Result<ScriptFinder, String> {
        ScriptFinder::load(Arc::clone(&self.0), tessdata).ok_or_else(|| format!("{SCRIPT_DATA} cannot be loaded"))
    }
}

/// Whether the data of [`ScriptFinder`] is in `tessdata`.
pub(crate) fn can_find_scripts(tessdata: &Path) -> bool {
    tessdata.join(SCRIPT_DATA).is_file()
}

/// The languages that have a model in `tessdata`, sorted, without `osd` and `equ`, which recognize no text.
pub fn installed_languages(tessdata: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(tessdata) else { return Vec::new() };
    let mut languages: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.strip_suffix(".traineddata").map(str::to_owned))
        .filter(|language| !matches!(language.as_str(), "osd" | "equ"))
        .collect();
    languages.sort_unstable();
    languages
}
