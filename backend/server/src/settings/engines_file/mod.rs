//! The operator's file of engines.

mod entry;
mod extra;
mod value;

use std::{fs, path::Path, str::FromStr};

use serde::Deserialize;
use toml::Spanned;

pub use entry::FileEngine;
use entry::WrittenEngine;

/// Largest file that is read, in bytes.
const MOST: u64 = 1 << 20;

/// What is in the operator's file of engines; nothing where none is given. Which engines there are beside it is looked at
/// in [`super::EngineCatalog`].
#[derive(Debug, Clone, Default)]
pub struct EnginesFile {
    /// ISO 4217 code of the prices, as EUR.
    pub currency: Option<String>,
    /// The engines, in the file's order; each has a name of its own.
    pub engines: Vec<FileEngine>,
}

/// The file as it is written. Unknown words are refused: a price that is misspelt must not be none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    currency: Option<Spanned<String>>,
    #[serde(default)]
    engine: Vec<Spanned<WrittenEngine>>,
}

/// What is wrong, and at which byte if that is known.
type Wrong = (Option<usize>, String);

impl FromStr for EnginesFile {
    type Err = String;

    /// Reads the file of this path; an empty path is no file. Clap puts the path before what is wrong with it.
    fn from_str(path: &str) -> Result<Self, String> {
        let path = path.trim();
        if path.is_empty() {
            return Ok(Self::default());
        }
        parse(&read(Path::new(path))?)
    }
}

fn read(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MOST {
        return Err(format!("it is larger than {MOST} bytes"));
    }
    fs::read_to_string(path).map_err(|error| error.to_string())
}

fn parse(text: &str) -> Result<EnginesFile, String> {
    let line = |at: usize| 1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count();
    file(text, line).map_err(|(at, reason)| match at {
        Some(at) => format!("line {}: {reason}", line(at)),
        None => reason,
    })
}

fn file(text: &str, line: impl Fn(usize) -> usize) -> Result<EnginesFile, Wrong> {
    let written: Written = toml::from_str(text).map_err(|error| {
        // The message alone: with its surroundings it would show what else is in the file.
        (error.span().map(|span| span.start), error.message().replace('\n', ", "))
    })?;
    let mut engines: Vec<FileEngine> = Vec::new();
    for entry in written.engine {
        let (at, engine) = {
            let at = entry.span().start;
            entry.into_inner().engine(at, &line)?
        };
        if engines.iter().any(|other| other.name == engine.name) {
            return Err((Some(at), "an engine of this name is here already".to_owned()));
        }
        if engine.default && engines.iter().any(|other| other.default) {
            return Err((Some(at), "another engine is the default one already".to_owned()));
        }
        engines.push(engine);
    }
    let currency = written.currency.map(currency).transpose()?;
    if currency.is_none() && engines.iter().any(|engine| engine.price.is_some()) {
        return Err((None, "prices need a currency, such as currency = \"EUR\" in the first line".to_owned()));
    }
    Ok(EnginesFile { currency, engines })
}

fn currency(code: Spanned<String>) -> Result<String, Wrong> {
    let at = code.span().start;
    let code = code.into_inner();
    if code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Ok(code);
    }
    Err((Some(at), "a currency is its ISO 4217 code, such as EUR".to_owned()))
}

#[cfg(test)]
mod tests;
