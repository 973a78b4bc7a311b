//! Removes the code fence that chat models put around a whole page.

use inkstream_core::ports::EngineError;
use inkstream_wire::Task;

use super::{AnswerParser, ParsedAnswer, TextChunk};

/// The maximum length of an opening fence's line in bytes.
const MAX_OPENING: usize = 32;

/// Removes one fence around the whole answer. Fences within the page stay.
pub(crate) struct Fence {
    /// The languages of a fence that is removed. A page may begin with a code listing, so a fence without a language is removed
    /// only if the task asks for plain text.
    languages: &'static [&'static str],
    state: State,
    held: String,
    /// Whether text of the page was emitted.
    has_emitted: bool,
}

enum State {
    /// The first line is held back, because it may be a fence.
    Opening,
    /// The answer has no fence.
    Bare,
    /// The answer has a fence. Text that may be its end is held back.
    Fenced,
}

impl Fence {
    /// The parser of an answer to this task.
    pub(crate) fn new(task: Task) -> Self {
        let languages: &[&str] =
            if task == Task::Text { &["", "text", "txt", "plaintext", "markdown", "md"] } else { &["markdown", "md"] };
        Self { languages, state: State::Opening, held: String::new(), has_emitted: false }
    }

    fn is_opening(&self, language: &str) -> bool {
        language.len() < MAX_OPENING && self.languages.contains(&language.trim())
    }

    fn emit_bare(&mut self, out: &mut Vec<TextChunk>) {
        self.state = State::Bare;
        out.push(std::mem::take(&mut self.held).into());
    }

    /// Emits the text that cannot be the closing fence: all but the backquotes at the end and the white space around them.
    fn emit_certain(&mut self, out: &mut Vec<TextChunk>) {
        let page = self.held.trim_end().trim_end_matches('`').trim_end().len();
        if page > 0 {
            self.has_emitted = true;
            out.push(self.held.drain(..page).collect::<String>().into());
        }
    }
}

impl AnswerParser for Fence {
    fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) -> Result<(), EngineError> {
        match self.state {
            State::Bare => out.push(delta.into()),
            State::Fenced => {
                self.held.push_str(&delta);
                self.emit_certain(out);
            }
            State::Opening => {
                self.held.push_str(&delta);
                let text = self.held.trim_start();
                let Some(line) = text.strip_prefix("```") else {
                    if !"```".starts_with(text) {
                        self.emit_bare(out);
                    }
                    return Ok(());
                };
                match line.split_once('\n') {
                    Some((language, page)) if self.is_opening(language) => {
                        self.held = page.to_owned();
                        self.state = State::Fenced;
                        self.emit_certain(out);
                    }
                    None if line.len() < MAX_OPENING => {}
                    _ => self.emit_bare(out),
                }
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>, _reason: Option<&str>, out: &mut Vec<TextChunk>) -> Result<ParsedAnswer, EngineError> {
        let on_its_own_line = |before: &str| !self.has_emitted || before.contains('\n');
        let closes = matches!(self.state, State::Fenced)
            && self
                .held
                .trim_end()
                .strip_suffix("```")
                .is_some_and(|before| before.trim().is_empty() && on_its_own_line(before));
        if !closes && !self.held.is_empty() {
            out.push(self.held.into());
        }
        Ok(ParsedAnswer::default())
    }
}
