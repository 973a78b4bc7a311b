//! The `language` option: which of an engine's languages it names.

use inkstream_wire::ErrorCode;

use crate::{Error, Result, ports::Engine};

/// Maps language tags to the engine's own names, without duplicates and in order.
pub(super) fn resolve<'a>(tags: impl Iterator<Item = &'a str>, engine: &dyn Engine) -> Result<Vec<String>> {
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
