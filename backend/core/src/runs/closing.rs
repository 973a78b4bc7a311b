//! Retries of database writes: the ends of pages and runs are written again while the database is locked, unreachable or full.

use std::{sync::Arc, time::Duration};

use inkstream_wire::{ErrorCode, RunId, RunKind, RunStatus};
use tokio::time::sleep;

use super::Runs;
use crate::{
    Error, Result, metrics,
    ports::{PageResult, Settlement, UsageRecord, Written},
};

/// Delays between attempts to write a page. They are short, because the page's reader waits meanwhile.
const PAGE_RETRY_DELAYS: [Duration; 3] = [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(4)];
/// The first and the maximum delay between attempts to close a run.
const CLOSING_BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// Writes a page's end, with a few retries while the database is unavailable and the server is not stopping.
pub(super) async fn write_page(runs: &Runs, page: &PageResult) -> Result<Written> {
    for wait in PAGE_RETRY_DELAYS {
        match runs.store.finish_page(page.clone()).await {
            Err(error) if error.code == ErrorCode::Unavailable && !runs.lifecycle.stopping.is_cancelled() => {
                tokio::select! {
                    () = sleep(wait) => {}
                    () = runs.lifecycle.stopping.cancelled() => {}
                }
            }
            written => return written,
        }
    }
    runs.store.finish_page(page.clone()).await
}

/// A run that has ended, but whose end is not in the database yet.
pub(super) struct Closing {
    runs: Arc<Runs>,
    kind: RunKind,
    /// Ends of pages that could not be written when the pages ended.
    pages: Vec<PageResult>,
    settlement: Settlement,
    /// Whether the delay was logged.
    is_logged: bool,
}

impl Closing {
    pub(super) fn new(runs: &Arc<Runs>, run: RunId, kind: RunKind, status: RunStatus, pages: Vec<PageResult>) -> Self {
        let settlement = Settlement { run, status, ended_at: runs.clock.now() };
        Self { runs: Arc::clone(runs), kind, pages, settlement, is_logged: false }
    }

    /// Makes one attempt: writes the missing pages, then settles the run's row and counts the run in the metrics. Returns the
    /// row, or `None` if it cannot be settled any more. Only errors that are worth a retry are returned.
    pub(super) async fn attempt(&mut self) -> Result<Option<UsageRecord>> {
        while let Some(page) = self.pages.last() {
            match self.runs.store.finish_page(page.clone()).await {
                Err(error) if error.is_transient() => return Err(self.log_delay(error)),
                Err(error) => {
                    metrics::ledger_write_lost("page");
                    self.report(&error, "a page cannot be recorded: its text and usage are lost");
                }
                Ok(Written::Kept | Written::Unseen) => {}
            }
            self.pages.pop();
        }
        match self.runs.store.settle_run(self.settlement.clone()).await {
            Ok(row) => {
                metrics::run_ended(self.kind, row.status);
                Ok(Some(row))
            }
            Err(error) if error.code == ErrorCode::NotFound => Ok(None),
            Err(error) if error.is_transient() => Err(self.log_delay(error)),
            // A retry would fail in the same way. The sweeper tries again when the lease has expired.
            Err(error) => {
                metrics::ledger_write_lost("run");
                self.report(&error, "a run cannot be settled");
                Ok(None)
            }
        }
    }

    /// Retries with exponential backoff until it succeeds. If the server stops first, the next start settles the run.
    pub(super) async fn finish(mut self) {
        let (mut wait, max_wait) = CLOSING_BACKOFF;
        loop {
            tokio::select! {
                () = self.runs.lifecycle.stopping.cancelled() => return,
                () = sleep(wait) => {}
            }
            if self.attempt().await.is_ok() {
                return;
            }
            wait = (wait * 2).min(max_wait);
        }
    }

    /// Logs the first failure; further ones would only repeat it.
    fn log_delay(&mut self, error: Error) -> Error {
        if !std::mem::replace(&mut self.is_logged, true) {
            self.report(&error, "the end of a run could not be recorded yet");
        }
        error
    }

    fn report(&self, error: &Error, what: &'static str) {
        let run = self.settlement.run;
        tracing::error!(%run, error = error as &dyn std::error::Error, "{what}");
    }
}
