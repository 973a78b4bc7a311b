//! What the database takes late: pages and ends of runs are written again while it is locked, away or full.

use std::{sync::Arc, time::Duration};

use inkstream_wire::{ErrorCode, RunId, RunKind, RunStatus};
use tokio::time::sleep;

use crate::{
    Error, Result,
    app::App,
    metrics,
    ports::{PageRecord, RunRecord, Settlement, Written},
};

/// Waits between the tries to write a page while its reader waits for its end.
const PAGE_WAITS: [Duration; 3] = [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(4)];
/// The first wait between two tries to close a run, and the longest.
const CLOSING_WAITS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// Writes a page's end, a few times over while the database is locked or away and the server does not stop.
pub(super) async fn write_page(app: &App, page: &PageRecord) -> Result<Written> {
    for wait in PAGE_WAITS {
        match app.store.finish_page(page.clone()).await {
            Err(error) if error.code == ErrorCode::Unavailable && !app.stopping.is_cancelled() => {
                tokio::select! {
                    () = sleep(wait) => {}
                    () = app.stopping.cancelled() => {}
                }
            }
            written => return written,
        }
    }
    app.store.finish_page(page.clone()).await
}

/// A run that has ended, and whose end is not in the database yet.
pub(super) struct Closing {
    app: Arc<App>,
    kind: RunKind,
    /// Ends of pages that could not be written when the pages had them.
    pages: Vec<PageRecord>,
    settlement: Settlement,
    /// Whether the log has it that the end comes late.
    told: bool,
}

impl Closing {
    pub(super) fn new(app: &Arc<App>, run: RunId, kind: RunKind, status: RunStatus, pages: Vec<PageRecord>) -> Self {
        let settlement = Settlement { run, status, ended_at: app.clock.now() };
        Self { app: Arc::clone(app), kind, pages, settlement, told: false }
    }

    /// Tries once: writes what is missing of the pages, then closes the row and counts the run. Returns the row, if there
    /// still is one that can be closed; an error is worth another try.
    pub(super) async fn attempt(&mut self) -> Result<Option<RunRecord>> {
        while let Some(page) = self.pages.last() {
            match self.app.store.finish_page(page.clone()).await {
                Err(error) if error.passes() => return Err(self.late(error)),
                Err(error) => {
                    metrics::ledger_write_lost("page");
                    self.report(&error, "a page cannot be recorded: its text and usage are lost");
                }
                Ok(Written::Kept | Written::Unseen) => {}
            }
            self.pages.pop();
        }
        match self.app.store.settle_run(self.settlement.clone()).await {
            Ok(row) => {
                metrics::run_ended(self.kind, row.status);
                Ok(Some(row))
            }
            Err(error) if error.code == ErrorCode::NotFound => Ok(None),
            Err(error) if error.passes() => Err(self.late(error)),
            // The next try would end like this one. The sweeper has one of its own, when the lease is over.
            Err(error) => {
                metrics::ledger_write_lost("run");
                self.report(&error, "a run cannot be settled");
                Ok(None)
            }
        }
    }

    /// Tries until it is done, ever more rarely. Where the server stops before that, the next start settles the run.
    pub(super) async fn finish(mut self) {
        let (mut wait, longest) = CLOSING_WAITS;
        loop {
            tokio::select! {
                () = self.app.stopping.cancelled() => return,
                () = sleep(wait) => {}
            }
            if self.attempt().await.is_ok() {
                return;
            }
            wait = (wait * 2).min(longest);
        }
    }

    /// Tells once that the database takes this end late.
    fn late(&mut self, error: Error) -> Error {
        if !std::mem::replace(&mut self.told, true) {
            self.report(&error, "the end of a run could not be recorded yet");
        }
        error
    }

    fn report(&self, error: &Error, what: &'static str) {
        let run = self.settlement.run;
        tracing::error!(%run, error = error as &dyn std::error::Error, "{what}");
    }
}
