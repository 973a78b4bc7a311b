//! Reserves tokens for the pages of a run, for users with a token quota.

use std::{
    collections::HashSet,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use inkstream_wire::{ErrorCode, RunId};
use tokio::sync::Notify;

use crate::{
    Error, Result,
    lifecycle::Lifecycle,
    ports::{Clock, Store},
    quota::{self, QuotaLimits},
};

/// The token reservations of one run.
pub struct TokenReservation {
    store: Arc<dyn Store>,
    lifecycle: Lifecycle,
    clock: Arc<dyn Clock>,
    run: RunId,
    quota: QuotaLimits,
    /// The pages that hold a reservation.
    held: Mutex<HashSet<u32>>,
    released: Notify,
    /// Held while a page reserves.
    reserving: tokio::sync::Mutex<()>,
}

impl TokenReservation {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        lifecycle: Lifecycle,
        clock: Arc<dyn Clock>,
        run: RunId,
        quota: QuotaLimits,
    ) -> Self {
        Self {
            store,
            lifecycle,
            clock,
            run,
            quota,
            held: Mutex::default(),
            released: Notify::new(),
            reserving: tokio::sync::Mutex::default(),
        }
    }

    /// Reserves `tokens` for a page, its earlier attempts included. If the quota is short only because other pages of this run
    /// hold reservations, waits for them: a document must not fail because its own pages are read concurrently. A page that
    /// already holds a reservation, for an earlier attempt, does not wait: two such pages would deadlock.
    pub(crate) async fn hold(&self, page: u32, tokens: u64) -> Result<()> {
        loop {
            let mut released = pin!(self.released.notified());
            // Register before checking, so that no notification is missed.
            released.as_mut().enable();
            // One page reserves at a time. Check for other holders first: one that releases meanwhile still notifies.
            let reserving = self.reserving.lock().await;
            let others = self.others_hold(page);
            let (store, run, quota) = (Arc::clone(&self.store), self.run, self.quota);
            // Run the transaction in its own task: a page's stream is not polled while other pages of the run write, and an
            // open transaction must not stall with it.
            let reserve = async move { store.reserve_tokens(run, page, tokens, quota).await };
            match self.lifecycle.run_to_completion(reserve).await {
                Ok(()) => {
                    self.held().insert(page);
                    return Ok(());
                }
                Err(error) if fits_later(&error) && others => {
                    drop(reserving);
                    released.await;
                }
                Err(error) => return Err(quota::until_renewed(error, self.clock.now())),
            }
        }
    }

    /// Releases a page's reservation, once the page's end is written.
    pub(crate) fn release(&self, page: u32) {
        if self.held().remove(&page) {
            self.released.notify_waiters();
        }
    }

    /// Whether other pages hold reservations and this one does not.
    fn others_hold(&self, page: u32) -> bool {
        let held = self.held();
        !held.is_empty() && !held.contains(&page)
    }

    fn held(&self) -> MutexGuard<'_, HashSet<u32>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The store sets `retry_after` where the quota is short only because of reservations, which will be released.
fn fits_later(error: &Error) -> bool {
    error.code == ErrorCode::QuotaExceeded && error.retry_after.is_some()
}
