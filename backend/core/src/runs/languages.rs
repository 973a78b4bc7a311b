//! The `language` option: which of an engine's languages it names.

use inkstream_wire::{ErrorCode, RunOptions};

use crate::{Error, Result, ports::Engine};

/// The languages of a request, by the engine's own names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Languages {
    /// The languages to read in, the main one first.
    pub(super) named: Vec<String>,
    /// Whether the engine finds them on each page, and reads in `named` where it is unsure.
    pub(super) detect: bool,
}

impl Languages {
    /// The languages that the option names, or the operator's without it.
    pub(super) fn of(option: Option<&str>, operator: &[String], engine: &dyn Engine) -> Result<Self> {
        let Some(text) = option else {
            return Ok(Self { named: resolve(operator.iter().map(String::as_str), engine)?, detect: false });
        };
        if !is_detected(text) {
            return Ok(Self { named: resolve(text.split(['+', ',']), engine)?, detect: false });
        }
        if text.contains(['+', ',']) {
            let detail = "language=auto stands alone: it finds the languages of each page.";
            return Err(Error::new(ErrorCode::InvalidOption, detail).of_field("language"));
        }
        if !engine.detects_languages() {
            let model = &engine.info().identity.model;
            let installed = engine.languages().join(", ");
            let detail = format!("{model} cannot detect languages on this server. Name them; there are: {installed}.");
            return Err(Error::new(ErrorCode::UnknownLanguage, detail));
        }
        let mut named: Vec<String> = operator.iter().filter_map(|tag| engine.language(tag)).collect();
        named.dedup();
        Ok(Self { named, detect: true })
    }
}

/// Whether the option has languages detected.
pub(super) fn is_detected(option: &str) -> bool {
    option.split(['+', ',']).any(|tag| tag.trim().eq_ignore_ascii_case(RunOptions::DETECT))
}

/// Maps language tags to the engine's own names, without duplicates and in order.
fn resolve<'a>(tags: impl Iterator<Item = &'a str>, engine: &dyn Engine) -> Result<Vec<String>> {
    let mut languages: Vec<String> = Vec::new();
    for tag in tags.map(str::trim).filter(|tag| !tag.is_empty()) {
        let Some(language) = engine.language(tag) else {
            // The tag may be any text, so the error lists the installed languages instead.
            let detail = format!("A language is not installed. There are: {}.", engine.languages().join(", "));
            return Err(Error::new(ErrorCode::UnknownLanguage, detail));
        };
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    if languages.is_empty() {
        let detail = "language must name at least one language, as en or eng+deu.";
        return Err(Error::new(ErrorCode::InvalidOption, detail).of_field("language"));
    }
    Ok(languages)
}
