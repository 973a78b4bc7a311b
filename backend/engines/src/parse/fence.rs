//! The code fence that chat models put around a whole page.

use inkstream_wire::Task;

use super::{ParsedAnswer, TextChunk};

/// The longest line that may be a fence's first.
const MAX_OPENING: usize = 32;

/// Takes off one fence around the whole answer; fences within the page stay.
pub(crate) struct Fence {
    /// What an opening fence may say. A page may begin with a listing: a fence that names no language is only taken for
    /// the answer's own where nothing but plain text was asked for.
    languages: &'static [&'static str],
    state: State,
    held: String,
    /// Text of the page has been given.
    begun: bool,
}

enum State {
    /// The first line may yet be a fence; it is held back.
    Opening,
    /// There is none.
    Bare,
    /// There is one; what may be its end is held back.
    Fenced,
}

impl Fence {
    /// The fence of an answer to this task.
    pub(super) fn new(task: Task) -> Self {
        let languages: &[&str] =
            if task == Task::Text { &["", "text", "txt", "plaintext", "markdown", "md"] } else { &["markdown", "md"] };
        Self { languages, state: State::Opening, held: String::new(), begun: false }
    }

    pub(super) fn push(&mut self, delta: String, out: &mut Vec<TextChunk>) {
        match self.state {
            State::Bare => out.push(delta.into()),
            State::Fenced => {
                self.held.push_str(&delta);
                self.let_go(out);
            }
            State::Opening => {
                self.held.push_str(&delta);
                let text = self.held.trim_start();
                let Some(line) = text.strip_prefix("```") else {
                    if !"```".starts_with(text) {
                        self.bare(out);
                    }
                    return;
                };
                match line.split_once('\n') {
                    Some((language, page)) if self.opens(language) => {
                        self.held = page.to_owned();
                        self.state = State::Fenced;
                        self.let_go(out);
                    }
                    None if line.len() < MAX_OPENING => {}
                    _ => self.bare(out),
                }
            }
        }
    }

    pub(super) fn finish(self, out: &mut Vec<TextChunk>) -> ParsedAnswer {
        let on_its_own_line = |before: &str| !self.begun || before.contains('\n');
        let closes = matches!(self.state, State::Fenced)
            && self.held.trim_end().strip_suffix("```").is_some_and(|it| it.trim().is_empty() && on_its_own_line(it));
        if !closes && !self.held.is_empty() {
            out.push(self.held.into());
        }
        ParsedAnswer::default()
    }

    fn opens(&self, language: &str) -> bool {
        language.len() < MAX_OPENING && self.languages.contains(&language.trim())
    }

    fn bare(&mut self, out: &mut Vec<TextChunk>) {
        self.state = State::Bare;
        out.push(std::mem::take(&mut self.held).into());
    }

    /// Gives what cannot be the closing fence: all but the back-quotes at the end and the white space around them.
    fn let_go(&mut self, out: &mut Vec<TextChunk>) {
        let page = self.held.trim_end().trim_end_matches('`').trim_end().len();
        if page > 0 {
            self.begun = true;
            out.push(self.held.drain(..page).collect::<String>().into());
        }
    }
}
