//! Which runs have a task in this process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use inkstream_wire::RunId;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The runs whose tasks live: their leases are renewed, and no others', so that a row that lost its task lapses.
#[derive(Debug, Clone, Default)]
pub struct LiveRuns(Arc<Mutex<HashMap<RunId, Live>>>);

#[derive(Debug)]
struct Live {
    user: Uuid,
    cancel: CancellationToken,
}

/// A run whose task lives as long as this does.
#[derive(Debug)]
pub(super) struct Alive {
    runs: LiveRuns,
    run: RunId,
}

impl LiveRuns {
    /// The runs of this moment, in no order.
    pub fn now(&self) -> Vec<RunId> {
        self.runs().keys().copied().collect()
    }

    /// Cancels every run of a user: their readers see the stream end.
    pub(crate) fn cancel_of(&self, user: Uuid) {
        for live in self.runs().values().filter(|live| live.user == user) {
            live.cancel.cancel();
        }
    }

    pub(super) fn enter(&self, run: RunId, user: Uuid, cancel: CancellationToken) -> Alive {
        self.runs().insert(run, Live { user, cancel });
        Alive { runs: self.clone(), run }
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<RunId, Live>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.runs.runs().remove(&self.run);
    }
}
