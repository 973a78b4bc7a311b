//! Which runs have a task in this process.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use inkstream_wire::{DocumentId, RunId};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The runs whose tasks live: their leases are renewed, and no others', so that a row that lost its task lapses.
#[derive(Debug, Clone, Default)]
pub struct LiveRuns(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    live: HashMap<RunId, Live>,
    /// Runs of dead tasks whose rows cannot be closed: they are not tried again.
    given_up: HashSet<RunId>,
}

#[derive(Debug)]
struct Live {
    user: Uuid,
    document: DocumentId,
    cancel: CancellationToken,
}

/// A run whose task lives as long as this does.
#[derive(Debug)]
pub(super) struct LiveRunGuard {
    runs: LiveRuns,
    run: RunId,
}

impl LiveRuns {
    /// The runs of this moment, in no order.
    pub fn now(&self) -> Vec<RunId> {
        self.state().live.keys().copied().collect()
    }

    /// Whether a row that has lapsed is left alone: its task lives in spite of that, or it was tried in vain.
    pub(crate) fn spares(&self, run: RunId) -> bool {
        let state = self.state();
        state.live.contains_key(&run) || state.given_up.contains(&run)
    }

    /// The row of a run without a task cannot be closed.
    pub(crate) fn give_up(&self, run: RunId) {
        self.state().given_up.insert(run);
    }

    /// Cancels every run of a user: their readers see the stream end.
    pub(crate) fn cancel_of(&self, user: Uuid) {
        for live in self.state().live.values().filter(|live| live.user == user) {
            live.cancel.cancel();
        }
    }

    /// Cancels every run that reads a document.
    pub(crate) fn cancel_reading(&self, document: DocumentId) {
        for live in self.state().live.values().filter(|live| live.document == document) {
            live.cancel.cancel();
        }
    }

    pub(super) fn enter(
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
