//! What has come of a page so far: its text and its meter.

use std::time::Instant;

use inkstream_wire::{TextBox, Usage};

use super::page::Taken;
use crate::ports::{Finish, TokenUsage};

/// Characters that make a token, roughly, where the engine counts none: the usual rule of thumb for English
/// (<https://help.openai.com/en/articles/4936856>). Such usage is marked as estimated.
const CHARS_PER_TOKEN: u64 = 4;

/// A page in progress.
pub(super) struct Tally {
    pub(super) taken: Option<Taken>,
    pub(super) text: String,
    pub(super) boxes: Vec<TextBox>,
    pub(super) confidence: Option<f32>,
    pub(super) finish_reason: Option<String>,
    pub(super) last_text: Option<Instant>,
    tokens: Option<TokenUsage>,
    chars: u64,
    prompt_chars: u64,
}

impl Tally {
    /// A page that is about to be read with a prompt of so many characters.
    pub(super) fn new(prompt_chars: u64) -> Self {
        Self {
            taken: None,
            text: String::new(),
            boxes: Vec::new(),
            confidence: None,
            finish_reason: None,
            last_text: None,
            tokens: None,
            chars: 0,
            prompt_chars,
        }
    }

    pub(super) fn add_text(&mut self, delta: &str) {
        self.text.push_str(delta);
        self.chars += delta.chars().count() as u64;
    }

    pub(super) fn count(&mut self, tokens: TokenUsage) {
        self.tokens = Some(tokens);
    }

    pub(super) fn finish(&mut self, finish: &Finish) {
        self.boxes.clone_from(&finish.boxes);
        self.confidence = finish.confidence;
        self.finish_reason.clone_from(&finish.reason);
    }

    /// What the page has used: nothing before the engine took it up.
    pub(super) fn usage(&self) -> Usage {
        let Some(taken) = self.taken else { return Usage::default() };
        let estimate = TokenUsage {
            prompt_tokens: self.prompt_chars.div_ceil(CHARS_PER_TOKEN),
            completion_tokens: self.chars.div_ceil(CHARS_PER_TOKEN),
        };
        let tokens = self.tokens.unwrap_or(estimate);
        Usage {
            prompt_tokens: tokens.prompt_tokens,
            completion_tokens: tokens.completion_tokens,
            prompt_chars: self.prompt_chars,
            completion_chars: self.chars,
            input_bytes: taken.bytes,
            pages: None,
            estimated: self.tokens.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKEN: Taken = Taken { width: 1, height: 1, dpi: None, lowered_dpi: None, bytes: 9 };

    #[test]
    fn a_page_that_no_engine_took_up_costs_nothing() {
        assert_eq!(Tally::new(40).usage(), Usage::default());
    }

    #[test]
    fn characters_count_as_unicode_scalars_and_tokens_are_estimated_until_told() {
        let mut tally = Tally::new(5);
        tally.taken = Some(TAKEN);
        tally.add_text("häß☐🙂");
        let estimated = tally.usage();
        assert_eq!((estimated.completion_chars, estimated.completion_tokens, estimated.prompt_tokens), (5, 2, 2));
        assert!(estimated.estimated);
        tally.count(TokenUsage { prompt_tokens: 70, completion_tokens: 3 });
        let told = tally.usage();
        assert_eq!((told.prompt_tokens, told.completion_tokens, told.estimated), (70, 3, false));
    }
}
