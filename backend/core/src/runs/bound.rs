//! A token bound on a whole answer, shared by all pages of all its runs.

use std::{
    collections::{HashMap, VecDeque},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use async_stream::stream;
use futures::{Stream, StreamExt as _};
use inkstream_wire::{PageWarning, WarningCode};
use tokio::sync::Notify;

use super::{
    accumulator::CHARS_PER_TOKEN,
    page::{self, PageEvent, Reading},
};
use crate::ports::{Finish, TokenUsage};

/// Tokens that are held for a page, at least: three times what the densest known page has. Pages are read concurrently only
/// while this much is free for each of them.
const PAGE_TOKENS: u64 = 16_384;

/// The factor by which the estimate may exceed the bound where the engine enforces `max_tokens` itself: tokens of some languages
/// have more characters than the estimate assumes. Above it, the engine has ignored the bound.
const TOLERANCE: u64 = 2;

/// The maximum number of tokens of an answer. Runs that share a bound run one after the other.
#[derive(Debug, Clone)]
pub struct TokenBound(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    left: u64,
    /// Tokens held by pages that are being read.
    held: HashMap<u32, u64>,
    /// Pages that have not begun, in the order in which they hold tokens.
    waiting: VecDeque<u32>,
}

impl TokenBound {
    /// A bound of `max` tokens, at least 1.
    pub fn new(max: u64) -> Self {
        let state = Mutex::new(State { left: max, held: HashMap::new(), waiting: VecDeque::new() });
        Self(Arc::new(Inner { state, changed: Notify::new() }))
    }

    /// Whether no tokens are left for another page.
    pub fn is_spent(&self) -> bool {
        self.state().left == 0
    }

    /// Begins a run over these pages.
    pub(super) fn begin(&self, pages: &[u32]) {
        let mut state = self.state();
        state.held.clear();
        state.waiting = pages.iter().copied().collect();
    }

    /// Holds tokens for a page once all pages before it hold theirs, and returns how many. Grants `max`, or all free tokens
    /// if no other page can return any.
    async fn hold(&self, page: u32, max: u64) -> u64 {
        loop {
            let mut changed = pin!(self.0.changed.notified());
            // Register before checking, so that no notification is missed.
            changed.as_mut().enable();
            if let Some(granted) = self.try_hold(page, max) {
                self.0.changed.notify_waiters();
                return granted;
            }
            changed.await;
        }
    }

    fn try_hold(&self, page: u32, max: u64) -> Option<u64> {
        let mut state = self.state();
        if state.waiting.front().is_some_and(|first| *first != page) {
            return None;
        }
        let free = state.left.saturating_sub(state.held.values().sum());
        let alone = state.held.is_empty();
        if !alone && free < max {
            return None;
        }
        state.waiting.pop_front();
        let last = state.waiting.is_empty();
        let granted = if alone && last { free } else { free.min(max) };
        state.held.insert(page, granted);
        Some(granted)
    }

    /// Ends a page's hold, and subtracts the tokens that it used.
    fn release(&self, page: u32, used: u64) {
        let mut state = self.state();
        if state.held.remove(&page).is_some() {
            state.left = state.left.saturating_sub(used);
        }
        drop(state);
        self.0.changed.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Recognizes a page until it reaches the bound. Skips a page for which no tokens are left.
pub(super) fn recognize(reading: Arc<Reading>, bound: TokenBound, page: u32) -> impl Stream<Item = PageEvent> + Send {
    stream! {
        let info = reading.first().handle.info();
        let mut model = info.identity.model.clone();
        let granted = bound.hold(page, info.limits.tokens_per_page.max(PAGE_TOKENS)).await;
        let mut hold = TokenHold { bound, page, meter: TokenMeter::new(granted, info.capabilities.takes_max_tokens) };
        if granted == 0 {
            yield PageEvent::Skipped;
            return;
        }
        let begun = Instant::now();
        let mut events = pin!(page::events(Arc::clone(&reading), page, Some(granted)));
        while let Some(event) = events.next().await {
            match event {
                PageEvent::ReadStart(read_start) => {
                    hold.meter.restart();
                    model.clone_from(&read_start.model);
                    yield PageEvent::ReadStart(read_start);
                }
                PageEvent::Tokens(tokens) => {
                    hold.meter.count(tokens);
                    yield PageEvent::Tokens(tokens);
                }
                PageEvent::Text { mut delta, bounds, tokens } => {
                    let Some(fits) = hold.meter.take(&delta, tokens) else {
                        yield PageEvent::Text { delta, bounds, tokens };
                        continue;
                    };
                    delta.truncate(fits);
                    if !delta.is_empty() {
                        yield PageEvent::Text { delta, bounds, tokens: None };
                    }
                    // The engine's tokens count as used even where the text does not fit.
                    if let Some(tokens) = tokens {
                        yield PageEvent::Tokens(tokens);
                    }
                    let seconds = begun.elapsed().as_secs_f64();
                    yield PageEvent::Attempted { model, outcome: "ok", seconds };
                    yield PageEvent::Finished(truncated());
                    return;
                }
                event => yield event,
            }
        }
    }
}

/// The end of a page whose text was cut at the bound.
fn truncated() -> Finish {
    let message = "The text ends at the number of tokens that was asked for: the rest of the page is missing.";
    let warnings = vec![PageWarning::new(WarningCode::TruncatedText, message)];
    Finish { reason: Some("length".to_owned()), warnings, ..Finish::default() }
}

/// The tokens that a page holds. Dropping it releases what the page did not use, also when the page fails or is cancelled.
struct TokenHold {
    bound: TokenBound,
    page: u32,
    meter: TokenMeter,
}

impl Drop for TokenHold {
    fn drop(&mut self) {
        self.bound.release(self.page, self.meter.used());
    }
}

/// Counts a page's tokens: as reported by the engine, else estimated as in the usage record.
#[derive(Debug)]
struct TokenMeter {
    max: u64,
    /// Characters that the text may have where the engine reports no tokens.
    max_chars: u64,
    chars: u64,
    reported: Option<u64>,
}

impl TokenMeter {
    /// `enforced`: whether the engine enforces `max_tokens` itself.
    fn new(max: u64, enforced: bool) -> Self {
        let tolerance = if enforced { TOLERANCE } else { 1 };
        let max_chars = max.saturating_mul(CHARS_PER_TOKEN).saturating_mul(tolerance);
        Self { max, max_chars, chars: 0, reported: None }
    }

    /// The page is reset: its text so far is void.
    fn restart(&mut self) {
        self.chars = 0;
        self.reported = None;
    }

    fn count(&mut self, tokens: TokenUsage) {
        self.reported = Some(tokens.completion_tokens);
    }

    /// Counts a text. Returns the number of its bytes that fit, or `None` if all of it fits.
    fn take(&mut self, delta: &str, tokens: Option<TokenUsage>) -> Option<usize> {
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
    fn used(&self) -> u64 {
        let reported = self.reported.filter(|tokens| *tokens > 0);
        reported.unwrap_or_else(|| self.chars.div_ceil(CHARS_PER_TOKEN)).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

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

    #[test]
    fn pages_hold_tokens_in_order_and_release_what_they_did_not_use() {
        let bound = TokenBound::new(250);
        bound.begin(&[2, 5, 7, 8]);
        let hold = |page| bound.hold(page, 100).now_or_never();
        assert_eq!(hold(5), None);
        assert_eq!((hold(2), hold(5), hold(7)), (Some(100), Some(100), None));
        bound.release(2, 30);
        assert_eq!(hold(8), None);
        assert_eq!(hold(7), Some(100));
        bound.release(7, 100);
        bound.release(5, 100);
        assert_eq!((hold(8), bound.is_spent()), (Some(20), false));
        bound.release(8, 20);
        assert!(bound.is_spent());
        bound.begin(&[1]);
        assert_eq!(hold(1), Some(0));
    }

    #[test]
    fn the_last_page_gets_all_that_is_left() {
        let bound = TokenBound::new(1_000);
        bound.begin(&[1]);
        assert_eq!(bound.hold(1, 100).now_or_never(), Some(1_000));
    }
}
