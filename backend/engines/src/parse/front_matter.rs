//! olmOCR's front matter: what it says of the page, between two lines of `---`.
//!
//! Five `key: value` lines are read by hand: YAML 1.1 makes a boolean of `no`, which is Norwegian here, YAML 1.2 brings
//! anchors and nesting to a hostile text, and both would let through what the model was not taught to write.

use inkstream_core::ports::{EngineError, EngineErrorKind, ReadRequest};
use inkstream_wire::PageMetadata;

use super::{ParsedAnswer, TextChunk};

/// The longest front matter in bytes; five lines have 120.
const MAX_BYTES: usize = 4_096;
/// The longest language's name in bytes.
const MAX_LANGUAGE: usize = 64;

/// Takes the front matter off, and refuses an answer that has none as it should be.
pub(crate) struct FrontMatter {
    /// A prompt that is not the family's own need not get its front matter.
    required: bool,
    keep_poor: bool,
    refuse_cut: bool,
    state: State,
}

enum State {
    /// Its end has not come.
    Head(String),
    /// It is read, and the page's text has not begun.
    Between(Option<PageMetadata>),
    /// The page's text.
    Text(Option<PageMetadata>),
}

/// What has come of the front matter so far.
enum Head {
    Unclear,
    /// With the bytes up to the text.
    Whole(PageMetadata, usize),
    Wrong,
}

impl FrontMatter {
    /// For an answer to this request.
    pub(super) fn new(request: &ReadRequest) -> Self {
        Self {
            required: request.prompt.is_none(),
            keep_poor: request.last,
            refuse_cut: request.resets && !request.last,
            state: State::Head(String::new()),
        }
    }

    pub(super) fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) -> Result<(), EngineError> {
        match &mut self.state {
            State::Head(held) => {
                held.push_str(&delta);
                let head = read(held);
                self.decide(head, out)
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

    pub(super) fn finish(
        mut self,
        reason: Option<&str>,
        out: &mut Vec<TextChunk>,
    ) -> Result<ParsedAnswer, EngineError> {
        if let State::Head(held) = &mut self.state {
            // The text may be missing, and with it the line end behind the front matter.
            held.push('\n');
            let head = match read(held) {
                Head::Unclear => Head::Wrong,
                head => head,
            };
            held.pop();
            self.decide(head, out)?;
        }
        if self.refuse_cut && reason != Some("stop") {
            let detail = "The engine's answer is not whole.";
            return Err(EngineError::new(EngineErrorKind::Invalid, detail));
        }
        let metadata = match self.state {
            State::Head(_) => None,
            State::Between(metadata) | State::Text(metadata) => metadata,
        };
        // A page without text has no language.
        let may_be_empty = metadata.as_ref().is_some_and(|metadata| metadata.primary_language.is_none());
        Ok(ParsedAnswer { metadata, may_be_empty, ..ParsedAnswer::default() })
    }

    fn decide(&mut self, head: Head, out: &mut Vec<TextChunk>) -> Result<(), EngineError> {
        let State::Head(held) = &mut self.state else { return Ok(()) };
        match head {
            Head::Unclear => Ok(()),
            Head::Wrong if self.required => {
                let detail = "The engine's answer does not begin as this model's answers do.";
                Err(EngineError::new(EngineErrorKind::Invalid, detail))
            }
            Head::Wrong => {
                let text = std::mem::take(held);
                self.state = State::Text(None);
                out.extend((!text.is_empty()).then(|| text.into()));
                Ok(())
            }
            Head::Whole(metadata, length) => {
                let turn = metadata.rotation_correction;
                if !metadata.is_rotation_valid && turn != 0 && !self.keep_poor {
                    let error = EngineError::new(EngineErrorKind::Invalid, "The page does not stand upright.");
                    return Err(EngineError { rotation: Some(turn), ..error });
                }
                let text = held.get(length..).unwrap_or_default().to_owned();
                self.state = State::Between(Some(metadata));
                self.push(text, out)
            }
        }
    }
}

fn read(text: &str) -> Head {
    let page = text.trim_start();
    let skipped = text.len() - page.len();
    if !page.starts_with("---") {
        return if "---".starts_with(page) { Head::Unclear } else { Head::Wrong };
    }
    let mut end = skipped;
    let mut lines = Vec::new();
    for line in page.split_inclusive('\n') {
        end += line.len();
        if end > MAX_BYTES {
            return Head::Wrong;
        }
        let Some(line) = line.strip_suffix('\n') else { return Head::Unclear };
        lines.push(line.trim_end());
        if lines.len() == 1 && line.trim_end() != "---" {
            return Head::Wrong;
        }
        if lines.len() > 1 && line.trim_end() == "---" {
            return metadata(&lines[1..lines.len() - 1]).map_or(Head::Wrong, |metadata| Head::Whole(metadata, end));
        }
    }
    Head::Unclear
}

/// Exactly the five fields, each once, in any order.
fn metadata(lines: &[&str]) -> Option<PageMetadata> {
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
        primary_language: named(language.filter(|language| language.len() <= MAX_LANGUAGE)?),
        is_rotation_valid: boolean(is_rotation_valid?)?,
        rotation_correction: rotation_correction?.parse().ok().filter(|turn| [0, 90, 180, 270].contains(turn))?,
        is_table: boolean(is_table?)?,
        is_diagram: boolean(is_diagram?)?,
    })
}

const FIELDS: [&str; 5] = ["primary_language", "is_rotation_valid", "rotation_correction", "is_table", "is_diagram"];

/// The language; a page without text has none.
fn named(language: &str) -> Option<String> {
    let language = language.trim_matches(['"', '\'']);
    (!matches!(language, "" | "null" | "Null" | "NULL" | "~" | "None" | "none")).then(|| language.to_owned())
}

/// Python's way, which the model learned, and YAML's.
fn boolean(value: &str) -> Option<bool> {
    match value {
        "True" | "true" => Some(true),
        "False" | "false" => Some(false),
        _ => None,
    }
}
