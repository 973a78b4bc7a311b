//! A bound on the tokens of an answer, over all pages of all its runs.

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

/// Tokens that any page gets set aside: three times what the densest has. Pages are read side by side as far as all of
/// them get that much.
const PAGE_TOKENS: u64 = 16_384;

/// How far an engine that holds a bound by itself may pass it by the estimate: tokens of some languages are long. What passes
/// that was not bounded.
const TOLERANCE: u64 = 2;

/// Most tokens that an answer may have. Runs that share it come one after the other.
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
    /// Set aside for pages that are being read.
    held: HashMap<u32, u64>,
    /// Pages that have not begun, in order.
    waiting: VecDeque<u32>,
}

impl TokenBound {
    /// So many, at least 1.
    pub fn new(max: u64) -> Self {
        let state = Mutex::new(State { left: max, held: HashMap::new(), waiting: VecDeque::new() });
        Self(Arc::new(Inner { state, changed: Notify::new() }))
    }

    /// Whether nothing is left for another page.
    pub fn is_spent(&self) -> bool {
        self.state().left == 0
    }

    /// A run begins, with these pages.
    pub(super) fn begin(&self, pages: &[u32]) {
        let mut state = self.state();
        state.held.clear();
        state.waiting = pages.iter().copied().collect();
    }

    /// Sets tokens aside for a page when all pages before it have theirs: so many, or all that there are where no other page
    /// may give any back.
    async fn hold(&self, page: u32, max: u64) -> u64 {
        loop {
            let mut changed = pin!(self.0.changed.notified());
            // From now on no change is missed.
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

    /// A page is over and has used so many.
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

/// Reads a page within the bound: as far as there are tokens for it. One for which there are none is passed over.
pub(super) fn read(reading: Arc<Reading>, bound: TokenBound, page: u32) -> impl Stream<Item = PageEvent> + Send {
    stream! {
        let info = reading.first().handle.info();
        let mut model = info.model.clone();
        let granted = bound.hold(page, info.tokens_per_page.max(PAGE_TOKENS)).await;
        let mut held = Held { bound, page, meter: Meter::new(granted, info.takes_max_tokens) };
        if granted == 0 {
            yield PageEvent::PassedOver;
            return;
        }
        let begun = Instant::now();
        let mut events = pin!(page::events(Arc::clone(&reading), page, Some(granted)));
        while let Some(event) = events.next().await {
            match event {
                PageEvent::ReadStart(read_start) => {
                    held.meter.restart();
                    model.clone_from(&read_start.model);
                    yield PageEvent::ReadStart(read_start);
                }
                PageEvent::Tokens(tokens) => {
                    held.meter.count(tokens);
                    yield PageEvent::Tokens(tokens);
                }
                PageEvent::Text { mut delta, bounds, tokens } => {
                    let Some(fits) = held.meter.take(&delta, tokens) else {
                        yield PageEvent::Text { delta, bounds, tokens };
                        continue;
                    };
                    delta.truncate(fits);
                    if !delta.is_empty() {
                        yield PageEvent::Text { delta, bounds, tokens: None };
                    }
                    // What the engine has made is used, whether it fits or not.
                    if let Some(tokens) = tokens {
                        yield PageEvent::Tokens(tokens);
                    }
                    let seconds = begun.elapsed().as_secs_f64();
                    yield PageEvent::Attempted { model, outcome: "ok", seconds };
                    yield PageEvent::Finished(cut());
                    return;
                }
                event => yield event,
            }
        }
    }
}

/// The end of a page that has come to the bound.
fn cut() -> Finish {
    let message = "The text ends at the number of tokens that was asked for: the rest of the page is missing.";
    let warnings = vec![PageWarning::new(WarningCode::TruncatedText, message)];
    Finish { reason: Some("length".to_owned()), warnings, ..Finish::default() }
}

/// What a page holds of a bound; it goes back when the page is over, however that comes.
struct Held {
    bound: TokenBound,
    page: u32,
    meter: Meter,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.bound.release(self.page, self.meter.used());
    }
}

/// Counts a page's tokens: as the engine tells them, else by the estimate of the bill.
#[derive(Debug)]
struct Meter {
    max: u64,
    /// Characters that the text may have by the estimate.
    most_chars: u64,
    chars: u64,
    told: Option<u64>,
}

impl Meter {
    /// `bounded`: whether the engine holds the bound by itself.
    fn new(max: u64, bounded: bool) -> Self {
        let tolerance = if bounded { TOLERANCE } else { 1 };
        let most_chars = max.saturating_mul(CHARS_PER_TOKEN).saturating_mul(tolerance);
        Self { max, most_chars, chars: 0, told: None }
    }

    /// The page begins anew.
    fn restart(&mut self) {
        self.chars = 0;
        self.told = None;
    }

    fn count(&mut self, tokens: TokenUsage) {
        self.told = Some(tokens.completion_tokens);
    }

    /// Takes a text; the number of its bytes that fit, if it does not fit as a whole.
    fn take(&mut self, delta: &str, tokens: Option<TokenUsage>) -> Option<usize> {
        if let Some(tokens) = tokens {
            self.count(tokens);
            self.chars += delta.chars().count() as u64;
            return (tokens.completion_tokens > self.max).then_some(0);
        }
        let left = (self.most_chars - self.chars) as usize;
        let fits = delta.char_indices().nth(left).map(|(at, _)| at);
        let read_start = fits.map_or(delta, |at| &delta[..at]);
        self.chars += read_start.chars().count() as u64;
        fits
    }

    /// Text that cost no tokens, as a PDF's own, counts as if it had.
    fn used(&self) -> u64 {
        let told = self.told.filter(|tokens| *tokens > 0);
        told.unwrap_or_else(|| self.chars.div_ceil(CHARS_PER_TOKEN)).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn told(completion_tokens: u64) -> TokenUsage {
        TokenUsage { prompt_tokens: 0, completion_tokens }
    }

    #[test]
    fn a_text_is_cut_at_the_character_that_passes_the_estimate() {
        let mut meter = Meter::new(2, false);
        assert_eq!(meter.take("häß☐", None), None);
        assert_eq!((meter.take("🙂🙂🙂🙂", None), meter.used()), (None, 2));
        assert_eq!((meter.take("x", None), meter.used()), (Some(0), 2));
        let mut meter = Meter::new(1, false);
        assert_eq!(meter.take("☐☐☐☐☐", None), Some(12));
        assert_eq!(Meter::new(u64::MAX, true).take("x", None), None);
    }

    #[test]
    fn tokens_that_an_engine_tells_count_before_the_estimate() {
        let mut meter = Meter::new(3, true);
        assert_eq!(meter.take("a long text of three tokens", Some(told(3))), None);
        assert_eq!((meter.take("more", Some(told(4))), meter.used()), (Some(0), 3));
    }

    #[test]
    fn an_engine_that_should_hold_the_bound_and_does_not_is_cut_all_the_same() {
        let mut meter = Meter::new(2, true);
        assert_eq!(meter.take(&"x".repeat(16), None), None);
        assert_eq!(meter.take("x", None), Some(0));
    }

    #[test]
    fn pages_hold_in_order_and_give_back_what_they_did_not_use() {
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
