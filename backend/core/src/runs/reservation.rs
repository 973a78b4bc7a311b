//! Tokens that a run's pages set aside, where their user's are limited.

use std::{
    collections::HashSet,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use inkstream_wire::{ErrorCode, RunId};
use tokio::sync::Notify;

use crate::{
    Error, Result,
    app::App,
    quota::{self, QuotaLimits},
};

/// What a run's pages hold.
pub(super) struct Reservation {
    app: Arc<App>,
    run: RunId,
    quota: QuotaLimits,
    /// The pages that hold tokens.
    held: Mutex<HashSet<u32>>,
    ended: Notify,
    asking: tokio::sync::Mutex<()>,
}

impl Reservation {
    pub(super) fn new(app: &Arc<App>, run: RunId, quota: QuotaLimits) -> Self {
        Self {
            app: Arc::clone(app),
            run,
            quota,
            held: Mutex::default(),
            ended: Notify::new(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// Sets tokens aside for a page, so many in all. A page that would fit if others of its run were over waits for them: it
    /// is no reason to refuse a document that its own pages are read side by side. One that holds some already, for an
    /// earlier attempt, does not wait: two of them would wait for each other.
    pub(super) async fn hold(&self, page: u32, tokens: u64) -> Result<()> {
        loop {
            let mut ended = pin!(self.ended.notified());
            // From now on no end is missed.
            ended.as_mut().enable();
            // One page asks at a time, and whether others hold tokens is looked at before: who ends meanwhile is not missed.
            let asking = self.asking.lock().await;
            let others = self.others_hold(page);
            let (store, run, quota) = (Arc::clone(&self.app.store), self.run, self.quota);
            // A task of its own, since a page's stream stands still while others of its run write: so must no transaction.
            let reserve = async move { store.reserve_tokens(run, page, tokens, quota).await };
            match self.app.run_to_completion(reserve).await {
                Ok(()) => {
                    self.held().insert(page);
                    return Ok(());
                }
                Err(error) if fits_later(&error) && others => {
                    drop(asking);
                    ended.await;
                }
                Err(error) => return Err(quota::until_renewed(error, self.app.clock.now())),
            }
        }
    }

    /// A page's end is written, and what it held is free.
    pub(super) fn release(&self, page: u32) {
        if self.held().remove(&page) {
            self.ended.notify_waiters();
        }
    }

    /// Whether other pages hold tokens, and this one none.
    fn others_hold(&self, page: u32) -> bool {
        let held = self.held();
        !held.is_empty() && !held.contains(&page)
    }

    fn held(&self) -> MutexGuard<'_, HashSet<u32>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The database says when it is worth another look where only reservations are in the way.
fn fits_later(error: &Error) -> bool {
    error.code == ErrorCode::QuotaExceeded && error.retry_after.is_some()
}
