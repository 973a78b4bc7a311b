//! The queue position of a run that waits for its first page to reach an engine.

use std::collections::HashMap;

use crate::engines::WaitingRun;

/// The run's position is that of its foremost page.
pub(super) struct QueueProgress {
    _waiting: WaitingRun,
    /// By page number, how many pages come before it.
    ahead: HashMap<u32, u32>,
    last_reported: Option<u32>,
}

impl QueueProgress {
    pub(super) fn new(waiting: WaitingRun) -> Self {
        Self { _waiting: waiting, ahead: HashMap::new(), last_reported: None }
    }

    /// Records how many pages come before this one. Returns the run's position if it has changed.
    pub(super) fn update(&mut self, page: u32, ahead: u32) -> Option<u32> {
        self.ahead.insert(page, ahead);
        let first = self.ahead.values().min().copied();
        let changed = first.filter(|_| self.last_reported != first);
        self.last_reported = first;
        changed
    }
}
