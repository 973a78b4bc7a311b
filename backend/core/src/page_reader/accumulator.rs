//! The state of a page that is being read: its text, its attempts and its usage.

use inkstream_content::Occurrence;
use inkstream_wire::{PageAttempt, PageMetadata, PageWarning, PixelBox, Task, Usage};

use super::{ReadStart, partial_structure::PartialStructure, warnings};
use crate::{
    ports::{Finish, PageOutcome, PageStructure, TokenUsage},
    prices::Prices,
};

/// Characters that make a token, roughly, where the engine counts none: the usual rule of thumb for English
/// (<https://help.openai.com/en/articles/4936856>). Such usage is marked as estimated.
pub(super) const CHARS_PER_TOKEN: u64 = 4;

/// A page in progress.
#[derive(Default)]
pub(super) struct PageAccumulator {
    /// The image that is read, once an engine has begun to answer.
    pub(super) start: Option<ReadStart>,
    pub(super) text: String,
    structure: PageStructure,
    /// The structure that was collected before the page's end.
    partial: PartialStructure,
    pub(super) occurrences: Vec<Occurrence>,
    pub(super) confidence: Option<f32>,
    pub(super) finish_reason: Option<String>,
    pub(super) metadata: Option<PageMetadata>,
    pub(super) warnings: Vec<PageWarning>,
    /// Attempts that have ended.
    pub(super) attempts: Vec<PageAttempt>,
    /// Their usage and cost.
    spent: Usage,
    cost: Option<f64>,
    /// The tokens reported and the characters received in the current attempt, and whether it has begun.
    tokens: Option<TokenUsage>,
    chars: u64,
    begun: bool,
}

impl PageAccumulator {
    /// An attempt begins. The text of the attempt before is void.
    pub(super) fn begin(&mut self, start: ReadStart) {
        self.text.clear();
        self.partial = PartialStructure::default();
        self.start = Some(start);
        self.begun = true;
    }

    pub(super) fn add_text(&mut self, delta: &str, bounds: Option<PixelBox>) {
        let start = self.text.len();
        self.append(delta);
        if let Some(bounds) = bounds {
            self.partial.add_text(start..self.text.len(), bounds);
        }
    }

    pub(super) fn add_line(&mut self, line: &str, bounds: PixelBox) {
        let start = self.text.len();
        self.append(line);
        self.partial.add_line(start..self.text.len(), bounds);
    }

    fn append(&mut self, text: &str) {
        self.text.push_str(text);
        self.chars += text.chars().count() as u64;
    }

    /// Takes the structure of the text: the one with which the last attempt ended, otherwise the one that was collected before.
    pub(super) fn take_structure(&mut self) -> PageStructure {
        let structure = std::mem::take(&mut self.structure);
        let partial = std::mem::take(&mut self.partial);
        if structure.is_empty() && self.occurrences.is_empty() { partial.into_structure(&self.text) } else { structure }
    }

    pub(super) fn count(&mut self, tokens: TokenUsage) {
        self.tokens = Some(tokens);
    }

    /// The tokens that the engine has reported in the current attempt.
    pub(super) fn reported_tokens(&self) -> TokenUsage {
        self.tokens.unwrap_or_default()
    }

    /// An attempt has ended. Its usage counts, whatever comes of the page.
    pub(super) fn attempted(&mut self, model: String, outcome: &'static str, seconds: f64, prices: &Prices) {
        let usage = self.current();
        self.cost = sum(self.cost, prices.page(&model, false, &usage));
        self.spent.add_page(&usage);
        let TokenUsage { prompt_tokens, completion_tokens } = self.tokens.take().unwrap_or_default();
        let outcome = outcome.to_owned();
        self.attempts.push(PageAttempt { model, outcome, seconds, prompt_tokens, completion_tokens });
        self.chars = 0;
        self.begun = false;
    }

    /// The attempts to report: none if the first one succeeded, as it usually does.
    pub(super) fn reported_attempts(&self) -> Vec<PageAttempt> {
        match self.attempts.as_slice() {
            [only] if only.outcome == "ok" => Vec::new(),
            attempts => attempts.to_vec(),
        }
    }

    /// The page with what its last attempt ended with.
    pub(super) fn finish(self, finish: Finish, task: Task) -> Self {
        let image_warnings = self.start.as_ref().map(|start| start.warnings.clone()).unwrap_or_default();
        let warnings = warnings::of_page(&finish, &self.text, task, image_warnings);
        let Finish { reason: finish_reason, structure, occurrences, confidence, metadata, .. } = finish;
        Self { structure, occurrences, confidence, finish_reason, metadata, warnings, ..self }
    }

    /// The outcome of a page that was read: partial if the engine stopped before the page's end.
    pub(super) fn outcome(&self) -> PageOutcome {
        let partial = self.warnings.iter().any(|warning| warning.code.is_partial());
        if partial { PageOutcome::Partial } else { PageOutcome::Done }
    }

    /// The usage of all attempts: nothing before an engine began to answer.
    pub(super) fn usage(&self) -> Usage {
        let mut usage = self.spent;
        let current = self.current();
        usage.add_page(&current);
        usage.input_bytes = self.start.as_ref().map_or(0, |start| start.bytes);
        usage
    }

    /// The cost of all attempts. `counts`: whether the page itself is paid, at the price of this model.
    pub(super) fn cost(&self, model: &str, counts: bool, prices: &Prices) -> Option<f64> {
        sum(self.cost, prices.page(model, counts, &self.current()))
    }

    /// The usage of the current attempt.
    fn current(&self) -> Usage {
        if !self.begun && self.tokens.is_none() {
            return Usage::default();
        }
        let prompt_chars = self.start.as_ref().map_or(0, |start| start.prompt_chars);
        let estimate = TokenUsage {
            prompt_tokens: prompt_chars.div_ceil(CHARS_PER_TOKEN),
            completion_tokens: self.chars.div_ceil(CHARS_PER_TOKEN),
        };
        let tokens = self.tokens.unwrap_or(estimate);
        Usage {
            prompt_tokens: tokens.prompt_tokens,
            completion_tokens: tokens.completion_tokens,
            prompt_chars,
            completion_chars: self.chars,
            input_bytes: 0,
            pages: None,
            estimated: self.tokens.is_none(),
        }
    }
}

/// The sum of two costs; a model without a price adds none.
fn sum(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::Price;

    fn start(prompt_chars: u64) -> ReadStart {
        let model = "m".to_owned();
        ReadStart {
            model,
            engine: None,
            width: 1,
            height: 1,
            dpi: None,
            lowered_dpi: None,
            warnings: Vec::new(),
            rotation: 0,
            languages: Vec::new(),
            bytes: 9,
            prompt_chars,
        }
    }

    #[test]
    fn a_page_that_no_engine_took_up_costs_nothing() {
        let mut accumulator = PageAccumulator::default();
        accumulator.attempted("m".to_owned(), "unreachable", 0.1, &Prices::default());
        assert_eq!((accumulator.usage(), accumulator.attempts.len()), (Usage::default(), 1));
    }

    #[test]
    fn characters_count_as_unicode_scalars_and_tokens_are_estimated_until_told() {
        let mut accumulator = PageAccumulator::default();
        accumulator.begin(start(5));
        accumulator.add_text("häß☐🙂", None);
        let estimated = accumulator.usage();
        assert_eq!((estimated.completion_chars, estimated.completion_tokens, estimated.prompt_tokens), (5, 2, 2));
        assert!(estimated.estimated);
        accumulator.count(TokenUsage { prompt_tokens: 70, completion_tokens: 3 });
        let told = accumulator.usage();
        assert_eq!((told.prompt_tokens, told.completion_tokens, told.estimated), (70, 3, false));
    }

    #[test]
    fn every_attempt_is_used_and_paid_and_only_the_last_ones_text_stays() {
        let price = Price { thousand_pages: 1000.0, million_prompt_tokens: 1e6, million_completion_tokens: 0.0 };
        let prices = Prices { currency: None, by_model: [("m".to_owned(), price)].into() };
        let mut accumulator = PageAccumulator::default();
        for (text, outcome) in [("loop loop", "repetition"), ("fine", "ok")] {
            accumulator.begin(start(0));
            accumulator.add_text(text, None);
            accumulator.count(TokenUsage { prompt_tokens: 10, completion_tokens: 2 });
            accumulator.attempted("m".to_owned(), outcome, 1.0, &prices);
        }
        let usage = accumulator.usage();
        assert_eq!((usage.prompt_tokens, usage.completion_tokens, usage.completion_chars), (20, 4, 13));
        assert_eq!((accumulator.text.as_str(), accumulator.cost("m", true, &prices)), ("fine", Some(21.0)));
    }

    #[test]
    fn tokens_that_were_told_before_the_first_text_are_used_too() {
        let mut accumulator = PageAccumulator::default();
        accumulator.count(TokenUsage { prompt_tokens: 1000, completion_tokens: 0 });
        assert_eq!((accumulator.usage().prompt_tokens, accumulator.usage().estimated), (1000, false));
    }
}
