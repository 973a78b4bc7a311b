//! The operator's file of engines.

mod entry;
mod value;

use std::{fs, path::Path, str::FromStr};

use serde::Deserialize;
use toml::Spanned;

pub use entry::FileEngine;
use entry::RawEngine;

/// Largest file, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The operator's file of engines; empty if there is none. [`super::EngineCatalog`] combines it with the other engines.
#[derive(Debug, Clone, Default)]
pub struct EnginesFile {
    /// ISO 4217 code of the prices, such as EUR.
    pub currency: Option<String>,
    /// The engines, in the file's order. Their names are unique.
    pub engines: Vec<FileEngine>,
}

/// The file's format. Unknown fields are refused, so that a misspelt price is not silently missing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    currency: Option<Spanned<String>>,
    #[serde(default)]
    engine: Vec<Spanned<RawEngine>>,
}

/// The byte offset of a problem, if it is known, and its description.
type Problem = (Option<usize>, String);

impl FromStr for EnginesFile {
    type Err = String;

    /// Parses the file at this path; an empty path is no file. Clap prefixes the error with the path.
    fn from_str(path: &str) -> Result<Self, String> {
        let path = path.trim();
        if path.is_empty() {
            return Ok(Self::default());
        }
        parse(&read_file(Path::new(path))?)
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_BYTES {
        return Err(format!("it is larger than {MAX_BYTES} bytes"));
    }
    fs::read_to_string(path).map_err(|error| error.to_string())
}

fn parse(text: &str) -> Result<EnginesFile, String> {
    let line = |at: usize| 1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count();
    parse_file(text, line).map_err(|(at, reason)| match at {
        Some(at) => format!("line {}: {reason}", line(at)),
        None => reason,
    })
}

fn parse_file(text: &str, line: impl Fn(usize) -> usize) -> Result<EnginesFile, Problem> {
    let raw: RawFile = toml::from_str(text).map_err(|error| {
        // Keep only the message: toml's full display quotes the file, which may hold keys.
        (error.span().map(|span| span.start), error.message().replace('\n', ", "))
    })?;
    let mut engines: Vec<FileEngine> = Vec::new();
    for entry in raw.engine {
        let (at, engine) = {
            let at = entry.span().start;
            entry.into_inner().parse(at, &line)?
        };
        if engines.iter().any(|other| other.name == engine.name) {
            return Err((Some(at), "an engine of this name is here already".to_owned()));
        }
        if engine.default && engines.iter().any(|other| other.default) {
            return Err((Some(at), "another engine is the default one already".to_owned()));
        }
        engines.push(engine);
    }
    let currency = raw.currency.map(currency).transpose()?;
    if currency.is_none() && engines.iter().any(|engine| engine.price.is_some()) {
        return Err((None, "prices need a currency, such as currency = \"EUR\" in the first line".to_owned()));
    }
    Ok(EnginesFile { currency, engines })
}

fn currency(code: Spanned<String>) -> Result<String, Problem> {
    let at = code.span().start;
    let code = code.into_inner();
    if code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Ok(code);
    }
    Err((Some(at), "a currency is its ISO 4217 code, such as EUR".to_owned()))
}

#[cfg(test)]
mod tests;
