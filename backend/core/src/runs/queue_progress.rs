//! A run that waits for its first page's place at an engine.

use std::collections::HashMap;

use crate::engines::WaitingRun;

/// Where the run stands: as far as the first of its pages.
pub(super) struct QueueProgress {
    _waiting: WaitingRun,
    /// How many pages come before each of its own.
    ahead: HashMap<u32, u32>,
    told: Option<u32>,
}

impl QueueProgress {
    pub(super) fn new(waiting: WaitingRun) -> Self {
        Self { _waiting: waiting, ahead: HashMap::new(), told: None }
    }

    /// So many come before this page. How many come before the run, if that is news.
    pub(super) fn moved(&mut self, page: u32, ahead: u32) -> Option<u32> {
        self.ahead.insert(page, ahead);
        let first = self.ahead.values().min().copied();
        let news = first.filter(|_| self.told != first);
        self.told = first;
        news
    }
}
