//! The registry of runs that have a task in this process.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use inkstream_wire::{DocumentId, RunId};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The live runs. Only their leases are renewed, so that the lease of a row without a task expires.
#[derive(Debug, Clone, Default)]
pub struct LiveRuns(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    live: HashMap<RunId, Live>,
    /// Runs without a task whose rows cannot be settled: the sweeper does not try them again.
    given_up: HashSet<RunId>,
}

#[derive(Debug)]
struct Live {
    user: Uuid,
    document: DocumentId,
    cancel: CancellationToken,
}

/// Keeps a run registered until it is dropped.
#[derive(Debug)]
pub(crate) struct LiveRunGuard {
    runs: LiveRuns,
    run: RunId,
}

impl LiveRuns {
    /// The live runs, in no particular order.
    pub fn now(&self) -> Vec<RunId> {
        self.state().live.keys().copied().collect()
    }

    /// Whether the sweeper must leave an expired row alone: its task is still alive, or the row cannot be settled.
    pub(crate) fn must_keep(&self, run: RunId) -> bool {
        let state = self.state();
        state.live.contains_key(&run) || state.given_up.contains(&run)
    }

    /// Marks a run without a task whose row cannot be settled.
    pub(crate) fn give_up(&self, run: RunId) {
        self.state().given_up.insert(run);
    }

    /// Cancels every run of a user. The streams end.
    pub(crate) fn cancel_by_user(&self, user: Uuid) {
        for live in self.state().live.values().filter(|live| live.user == user) {
            live.cancel.cancel();
        }
    }

    /// Cancels every run that reads a document.
    pub(crate) fn cancel_by_document(&self, document: DocumentId) {
        for live in self.state().live.values().filter(|live| live.document == document) {
            live.cancel.cancel();
        }
    }

    pub(crate) fn enter(
        &self,
        run: RunId,
        user: Uuid,
        document: DocumentId,
        cancel: CancellationToken,
    ) -> LiveRunGuard {
        self.state().live.insert(run, Live { user, document, cancel });
        LiveRunGuard { runs: self.clone(), run }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LiveRunGuard {
    fn drop(&mut self) {
        self.runs.state().live.remove(&self.run);
    }
}
