//! Tells answers in a model's markup from plain text by how they begin.

use inkstream_core::ports::{EngineError, ReadRequest};

use crate::error;

/// The code fences that some servers' templates put around the markup.
const FENCES: [&str; 3] = ["```html\n", "```json\n", "```\n"];

/// Decides once an answer's first characters are known.
pub(super) struct PlainStart {
    /// How the markup begins.
    markup: &'static [&'static str],
    /// Whether an answer may be plain text: to a prompt of the caller's. Otherwise it is parsed however it begins.
    accept_plain: bool,
    /// Whether another beginning is rejected: as long as another attempt can replace the answer.
    reject: bool,
    state: State,
}

enum State {
    Unknown(String),
    Plain,
    Marked,
}

/// What an answer is, with the part of it that is now certain.
pub(super) enum Start {
    Unknown,
    Plain(String),
    Marked(String),
}

impl PlainStart {
    pub(super) fn new(request: &ReadRequest, markup: &'static [&'static str]) -> Self {
        let accept_plain = request.prompt.is_some();
        Self { markup, accept_plain, reject: !accept_plain && !request.last, state: State::Unknown(String::new()) }
    }

    pub(super) fn push(&mut self, delta: String) -> Result<Start, EngineError> {
        let held = match &mut self.state {
            State::Plain => return Ok(Start::Plain(delta)),
            State::Marked => return Ok(Start::Marked(delta)),
            State::Unknown(held) => held,
        };
        held.push_str(&delta);
        let text = held.trim_start();
        let begins = |text: &str| self.markup.iter().any(|markup| text.starts_with(markup));
        let fenced = FENCES.iter().find_map(|fence| text.strip_prefix(fence)).map(str::trim_start);
        if begins(text) || fenced.is_some_and(begins) {
            let marked = fenced.unwrap_or(text).to_owned();
            self.state = State::Marked;
            return Ok(Start::Marked(marked));
        }
        let may_begin = |text: &str| self.markup.iter().any(|markup| markup.starts_with(text));
        if FENCES.iter().any(|fence| fence.starts_with(text)) || may_begin(fenced.unwrap_or(text)) {
            return Ok(Start::Unknown);
        }
        if self.reject {
            return Err(error::not_in_format());
        }
        let text = std::mem::take(held);
        self.state = if self.accept_plain { State::Plain } else { State::Marked };
        Ok(if self.accept_plain { Start::Plain(text) } else { Start::Marked(text) })
    }

    /// The text that is still held, if the answer has no markup to its end; `None` if it has.
    pub(super) fn finish(&mut self) -> Result<Option<String>, EngineError> {
        match std::mem::replace(&mut self.state, State::Plain) {
            State::Marked => Ok(None),
            State::Plain => Ok(Some(String::new())),
            State::Unknown(held) if self.reject && !held.trim().is_empty() => Err(error::not_in_format()),
            State::Unknown(held) => Ok(Some(held)),
        }
    }
}
