//! The thoughts of a reasoning model, where its server does not tell them apart: `<think>…</think>` before the answer, as
//! vLLM passes it on without `--reasoning-parser` (<https://docs.vllm.ai/en/latest/features/reasoning_outputs.html>).

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Drops the thoughts that an answer begins with.
#[derive(Debug, Default)]
pub(crate) struct ThinkingFilter {
    state: State,
    /// Text that may yet turn out to be a tag.
    held: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Start,
    Thinking,
    /// Behind the thoughts, where blanks and empty lines separate them from the answer.
    Separator,
    Answer,
}

impl ThinkingFilter {
    /// The part of `delta`, and of what was held back before it, that is surely answer.
    pub(crate) fn push(&mut self, delta: String) -> String {
        if self.state == State::Answer {
            return delta;
        }
        if self.state == State::Separator {
            return self.answer(&delta);
        }
        self.held.push_str(&delta);
        if self.state == State::Start {
            let text = self.held.trim_start();
            if let Some(thoughts) = text.strip_prefix(OPEN) {
                self.held = thoughts.to_owned();
                self.state = State::Thinking;
            } else if OPEN.starts_with(text) {
                return String::new();
            } else {
                self.state = State::Answer;
                return std::mem::take(&mut self.held);
            }
        }
        if let Some(end) = self.held.find(CLOSE) {
            let behind = self.held.split_off(end + CLOSE.len());
            self.held.clear();
            return self.answer(&behind);
        }
        // Keep only what the tag's beginning may be.
        let kept = self.held.ceil_char_boundary(self.held.len().saturating_sub(CLOSE.len()));
        self.held.drain(..kept);
        String::new()
    }

    fn answer(&mut self, text: &str) -> String {
        let answer = text.trim_start();
        self.state = if answer.is_empty() { State::Separator } else { State::Answer };
        answer.to_owned()
    }

    /// The text that was held back because it might have been the start of the tag, at the end of the answer.
    pub(crate) fn finish(self) -> String {
        if self.state == State::Start { self.held } else { String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::ThinkingFilter;

    fn filter(answer: &str, size: usize) -> String {
        let mut filter = ThinkingFilter::default();
        let characters: Vec<char> = answer.chars().collect();
        let mut text: String = characters.chunks(size).map(|delta| filter.push(delta.iter().collect())).collect();
        text.push_str(&filter.finish());
        text
    }

    #[test]
    fn thoughts_before_the_answer_are_dropped_in_every_split() {
        for size in 1..40 {
            assert_eq!(filter("\n<think>hmm </thin ä</think>\n\nThe page", size), "The page");
            assert_eq!(filter("<think>without end", size), "");
        }
    }

    #[test]
    fn every_other_answer_is_kept_as_it_is() {
        for answer in ["The page", "  <thin ice", "<th", "A <think>b</think>", "<table></table>", ""] {
            for size in 1..20 {
                assert_eq!(filter(answer, size), answer);
            }
        }
    }
}
