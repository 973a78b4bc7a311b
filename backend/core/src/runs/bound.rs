//! A token bound on a whole answer, shared by all pages of all its runs.

use std::{
    collections::{HashMap, VecDeque},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// Tokens that are held for a page, at least: three times what the densest known page has. Pages are read concurrently only
/// while this much is free for each of them.
const PAGE_TOKENS: u64 = 16_384;

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

    /// Holds tokens for a page once all pages before it hold theirs. `tokens_per_page` is the engine's maximum.
    pub(super) async fn hold_page(&self, page: u32, tokens_per_page: u64) -> TokenHold {
        let granted = self.hold(page, tokens_per_page.max(PAGE_TOKENS)).await;
        TokenHold { bound: self.clone(), page, granted, used: 0 }
    }

    /// As [`Self::hold_page`]: returns how many. Grants `max`, or all free tokens if no other page can return any.
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

/// The tokens that a page holds. Dropping it releases what the page did not use, also if the page fails or is stopped.
#[derive(Debug)]
pub(super) struct TokenHold {
    bound: TokenBound,
    page: u32,
    /// The number of tokens held; 0 if none are left for the page.
    pub(super) granted: u64,
    /// The number of tokens that the page has used.
    pub(super) used: u64,
}

impl Drop for TokenHold {
    fn drop(&mut self) {
        self.bound.release(self.page, self.used);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

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
