//! The meter of a page whose number of completion tokens is limited.

use super::accumulator::CHARS_PER_TOKEN;
use crate::ports::TokenUsage;

/// The factor by which the estimate may exceed the limit where the engine enforces `max_tokens` itself: tokens of some languages
/// have more characters than the estimate assumes. Above it, the engine has ignored the limit.
const TOLERANCE: u64 = 2;

/// Counts a page's tokens: as reported by the engine, else estimated as in the usage record.
#[derive(Debug)]
pub(super) struct TokenMeter {
    max: u64,
    /// Characters that the text may have where the engine reports no tokens.
    max_chars: u64,
    chars: u64,
    reported: Option<u64>,
}

impl TokenMeter {
    /// `enforced`: whether the engine enforces `max_tokens` itself.
    pub(super) fn new(max: u64, enforced: bool) -> Self {
        let tolerance = if enforced { TOLERANCE } else { 1 };
        let max_chars = max.saturating_mul(CHARS_PER_TOKEN).saturating_mul(tolerance);
        Self { max, max_chars, chars: 0, reported: None }
    }

    /// The page is reset: its text so far is void.
    pub(super) fn restart(&mut self) {
        self.chars = 0;
        self.reported = None;
    }

    pub(super) fn count(&mut self, tokens: TokenUsage) {
        self.reported = Some(tokens.completion_tokens);
    }

    /// Counts a text. Returns the number of its bytes that fit, or `None` if all of it fits.
    pub(super) fn take(&mut self, delta: &str, tokens: Option<TokenUsage>) -> Option<usize> {
        if let Some(tokens) = tokens {
            self.count(tokens);
            self.chars += delta.chars().count() as u64;
            return (tokens.completion_tokens > self.max).then_some(0);
        }
        let left = (self.max_chars - self.chars) as usize;
        let fits = delta.char_indices().nth(left).map(|(at, _)| at);
        let counted = fits.map_or(delta, |at| &delta[..at]);
        self.chars += counted.chars().count() as u64;
        fits
    }

    /// Text that cost no tokens, such as a PDF's text layer, counts by the estimate.
    pub(super) fn used(&self) -> u64 {
        let reported = self.reported.filter(|tokens| *tokens > 0);
        reported.unwrap_or_else(|| self.chars.div_ceil(CHARS_PER_TOKEN)).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(completion_tokens: u64) -> TokenUsage {
        TokenUsage { prompt_tokens: 0, completion_tokens }
    }

    #[test]
    fn a_text_is_cut_at_the_character_that_passes_the_estimate() {
        let mut meter = TokenMeter::new(2, false);
        assert_eq!(meter.take("häß☐", None), None);
        assert_eq!((meter.take("🙂🙂🙂🙂", None), meter.used()), (None, 2));
        assert_eq!((meter.take("x", None), meter.used()), (Some(0), 2));
        let mut meter = TokenMeter::new(1, false);
        assert_eq!(meter.take("☐☐☐☐☐", None), Some(12));
        assert_eq!(TokenMeter::new(u64::MAX, true).take("x", None), None);
    }

    #[test]
    fn reported_tokens_take_precedence_over_the_estimate() {
        let mut meter = TokenMeter::new(3, true);
        assert_eq!(meter.take("a long text of three tokens", Some(reported(3))), None);
        assert_eq!((meter.take("more", Some(reported(4))), meter.used()), (Some(0), 3));
    }

    #[test]
    fn an_engine_that_ignores_the_bound_is_cut_at_twice_the_estimate() {
        let mut meter = TokenMeter::new(2, true);
        assert_eq!(meter.take(&"x".repeat(16), None), None);
        assert_eq!(meter.take("x", None), Some(0));
    }
}
