//! Parses olmOCR's front matter: the page's metadata between two lines of `---`.
//!
//! The five `key: value` lines are parsed without a YAML parser: YAML 1.1 would turn `no`, which means Norwegian here, into a boolean;
//! YAML 1.2 has anchors and nesting, which are risky in hostile text; and both accept more than the model is trained to write.

use inkstream_core::ports::{EngineError, EngineErrorKind, ReadRequest};
use inkstream_wire::PageMetadata;

use super::{AnswerParser, ParsedAnswer, TextChunk};
use crate::error;

/// The maximum length of the front matter in bytes; the five lines have about 120.
const MAX_BYTES: usize = 4_096;
/// The maximum length of the language's name in bytes.
const MAX_LANGUAGE: usize = 64;

/// Removes and parses the front matter, and rejects an answer without a valid one.
pub(crate) struct FrontMatter {
    /// Whether a valid front matter is required: only with the family's own prompt.
    required: bool,
    /// Whether a page that the model reports as rotated is accepted: in the last attempt.
    accept_rotated: bool,
    /// Whether a truncated answer is an error: as long as another attempt can replace it.
    reject_truncated: bool,
    state: State,
}

enum State {
    /// The front matter is incomplete; its text so far.
    Head(String),
    /// The front matter is complete, but the page's text has not begun.
    Between(Option<PageMetadata>),
    /// The page's text has begun.
    Text(Option<PageMetadata>),
}

/// The result of parsing the front matter so far.
enum Head {
    /// It may become valid.
    Incomplete,
    /// Valid, with the number of bytes up to the text.
    Complete(PageMetadata, usize),
    Invalid,
}

impl FrontMatter {
    /// The parser of an answer to this request.
    pub(crate) fn new(request: &ReadRequest) -> Self {
        Self {
            required: request.prompt.is_none(),
            accept_rotated: request.last,
            reject_truncated: request.resets && !request.last,
            state: State::Head(String::new()),
        }
    }

    fn apply(&mut self, head: Head, out: &mut Vec<TextChunk>) -> Result<(), EngineError> {
        let State::Head(held) = &mut self.state else { return Ok(()) };
        match head {
            Head::Incomplete => Ok(()),
            Head::Invalid if self.required => Err(error::not_in_format()),
            Head::Invalid => {
                let text = std::mem::take(held);
                self.state = State::Text(None);
                out.extend((!text.is_empty()).then(|| text.into()));
                Ok(())
            }
            Head::Complete(metadata, length) => {
                let rotation = metadata.rotation_correction;
                if !metadata.is_rotation_valid && rotation != 0 && !self.accept_rotated {
                    let error = EngineError::new(EngineErrorKind::Invalid, "The page does not stand upright.");
                    return Err(EngineError { rotation: Some(rotation), ..error });
                }
                let text = held.get(length..).unwrap_or_default().to_owned();
                self.state = State::Between(Some(metadata));
                self.push(text, out)
            }
        }
    }
}

impl AnswerParser for FrontMatter {
    fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) -> Result<(), EngineError> {
        match &mut self.state {
            State::Head(held) => {
                held.push_str(&delta);
                let head = parse_head(held);
                self.apply(head, out)
            }
            State::Between(metadata) => {
                let text = delta.trim_start_matches(['\r', '\n']);
                if !text.is_empty() {
                    out.push(text.to_owned().into());
                    self.state = State::Text(metadata.take());
                }
                Ok(())
            }
            State::Text(_) => {
                out.push(delta.into());
                Ok(())
            }
        }
    }

    fn finish(
        mut self: Box<Self>,
        reason: Option<&str>,
        out: &mut Vec<TextChunk>,
    ) -> Result<ParsedAnswer, EngineError> {
        if let State::Head(held) = &mut self.state {
            // A page without text may lack the line feed after the front matter.
            held.push('\n');
            let head = match parse_head(held) {
                Head::Incomplete => Head::Invalid,
                head => head,
            };
            held.pop();
            self.apply(head, out)?;
        }
        if self.reject_truncated && reason != Some("stop") {
            return Err(error::not_whole());
        }
        let metadata = match self.state {
            State::Head(_) => None,
            State::Between(metadata) | State::Text(metadata) => metadata,
        };
        // A page without text has no language.
        let may_be_empty = metadata.as_ref().is_some_and(|metadata| metadata.primary_language.is_none());
        Ok(ParsedAnswer { metadata, may_be_empty, ..ParsedAnswer::default() })
    }
}

fn parse_head(text: &str) -> Head {
    let page = text.trim_start();
    let skipped = text.len() - page.len();
    if !page.starts_with("---") {
        return if "---".starts_with(page) { Head::Incomplete } else { Head::Invalid };
    }
    let mut end = skipped;
    let mut lines = Vec::new();
    for line in page.split_inclusive('\n') {
        end += line.len();
        if end > MAX_BYTES {
            return Head::Invalid;
        }
        let Some(line) = line.strip_suffix('\n') else { return Head::Incomplete };
        lines.push(line.trim_end());
        if lines.len() == 1 && line.trim_end() != "---" {
            return Head::Invalid;
        }
        if lines.len() > 1 && line.trim_end() == "---" {
            return parse_metadata(&lines[1..lines.len() - 1])
                .map_or(Head::Invalid, |metadata| Head::Complete(metadata, end));
        }
    }
    Head::Incomplete
}

/// Parses exactly the five fields, each once, in any order.
fn parse_metadata(lines: &[&str]) -> Option<PageMetadata> {
    let mut fields: [Option<&str>; FIELDS.len()] = [None; FIELDS.len()];
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let (key, value) = line.split_once(':')?;
        let field = &mut fields[FIELDS.iter().position(|field| *field == key.trim())?];
        if field.replace(value.trim()).is_some() {
            return None;
        }
    }
    let [language, is_rotation_valid, rotation_correction, is_table, is_diagram] = fields;
    Some(PageMetadata {
        primary_language: parse_language(language.filter(|language| language.len() <= MAX_LANGUAGE)?),
        is_rotation_valid: parse_bool(is_rotation_valid?)?,
        rotation_correction: rotation_correction?.parse().ok().filter(|degrees| [0, 90, 180, 270].contains(degrees))?,
        is_table: parse_bool(is_table?)?,
        is_diagram: parse_bool(is_diagram?)?,
    })
}

const FIELDS: [&str; 5] = ["primary_language", "is_rotation_valid", "rotation_correction", "is_table", "is_diagram"];

/// The language; `None` for a page without text.
fn parse_language(language: &str) -> Option<String> {
    let language = language.trim_matches(['"', '\'']);
    (!matches!(language, "" | "null" | "Null" | "NULL" | "~" | "None" | "none")).then(|| language.to_owned())
}

/// Accepts Python's booleans, which the model was trained on, and YAML's.
fn parse_bool(value: &str) -> Option<bool> {
    match value {
        "True" | "true" => Some(true),
        "False" | "false" => Some(false),
        _ => None,
    }
}
