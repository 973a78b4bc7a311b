//! The task of a run. Only this task drives the engine, counts usage and settles the ledger row: its reader only receives
//! events.

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc};

use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream};
use inkstream_wire::{DocumentId, ErrorCode, RunId, RunKind, RunStatus};
use tokio::{sync::Mutex, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{Runs, Ticket, closing::Closing, emitter::ReaderClosed, pages::RunPages, progress::Progress};
use crate::{Error, documents, engines::QueuePosition, live_runs::LiveRunGuard, metrics, ports::BlobKey};

/// Pages that are rendered while the engine is busy with others.
const RENDER_AHEAD: usize = 2;

/// The state of a run's task.
pub(super) struct RunTask {
    pub(super) runs: Arc<Runs>,
    pub(super) ticket: Ticket,
    pub(super) cancel: CancellationToken,
    pub(super) run: RunId,
    /// Keeps the run registered as live until the task is over.
    pub(super) live_guard: Option<LiveRunGuard>,
    pub(super) document: DocumentId,
    pub(super) kind: RunKind,
    /// The numbers of the pages to read.
    pub(super) page_numbers: Vec<u32>,
    pub(super) pages: Arc<RunPages>,
    pub(super) progress: Arc<Mutex<Progress>>,
    /// The document's blob, if the document is deleted when the run ends.
    pub(super) forget: Option<BlobKey>,
}

/// How the reading of the pages ended, before the row is settled.
enum Ended {
    /// Every page was tried.
    Completed,
    /// The reader disconnected or was too slow, the server stops, or going on is pointless.
    Aborted,
}

/// Runs the task to its end and settles the row, even if the task panics.
pub(super) async fn run(mut task: RunTask) {
    let RunTask { runs, run, document, kind, .. } = &task;
    let (runs, run, document, kind) = (Arc::clone(runs), *run, *document, *kind);
    let cancel = task.cancel.clone();
    let _live_guard = task.live_guard.take();
    let forget = task.forget.take();
    let unsettled = if let Ok(unsettled) = AssertUnwindSafe(task.drive()).catch_unwind().await {
        unsettled
    } else {
        tracing::error!(%run, "a run's task panicked");
        let mut closing = Closing::new(&runs, run, kind, RunStatus::Failed, Vec::new());
        closing.attempt().await.is_err().then_some(closing)
    };
    if forget.is_some() && unsettled.is_none() {
        // The reader may still fetch page images of a run that it has received completely.
        let _ = tokio::time::timeout(runs.limits.stream_stall, cancel.cancelled()).await;
    }
    // Delete the document before settling: on a full disk, its bytes may be what the database needs.
    let deleted = match &forget {
        Some(blob) => documents::forget(&runs.documents, document, blob).await,
        None => true,
    };
    if let Some(closing) = unsettled {
        closing.finish().await;
    }
    if let Some(blob) = forget.filter(|_| !deleted) {
        documents::forget(&runs.documents, document, &blob).await;
    }
}

impl RunTask {
    /// Drives the run. Returns the closing if it is still to be written.
    async fn drive(self) -> Option<Closing> {
        match self.read().await {
            Ok(Ended::Completed) => self.close().await,
            Ok(Ended::Aborted) | Err(ReaderClosed) => self.abort().await,
        }
    }

    async fn read(&self) -> Result<Ended, ReaderClosed> {
        self.wait_for_turn().await?;
        match self.pages.reader.engine().admit_run() {
            Ok(waiting) => {
                self.progress.lock().await.start(waiting).await?;
                Ok(self.read_pages().await)
            }
            Err(error) => {
                self.progress.lock().await.rejected(error);
                Ok(Ended::Completed)
            }
        }
    }

    /// Waits in the queue of runs, and reports the position to the reader.
    async fn wait_for_turn(&self) -> Result<(), ReaderClosed> {
        let mut position = self.ticket.enqueue();
        let emitter = &mut self.progress.lock().await.emitter;
        loop {
            let current = *position.borrow_and_update();
            match current {
                QueuePosition::Now => return Ok(()),
                QueuePosition::Ahead(ahead) => emitter.queued(ahead).await?,
            }
            loop {
                tokio::select! {
                    biased;
                    () = self.cancel.cancelled() => return Err(ReaderClosed),
                    changed = position.changed() => { changed.map_err(|_| ReaderClosed)?; break }
                    () = tokio::time::sleep(self.runs.limits.heartbeat) => emitter.heartbeat().await?,
                }
            }
        }
    }

    /// Reads the pages, and sends heartbeats meanwhile. When the pages are stopped, each of them still ends, so that its result
    /// is complete.
    async fn read_pages(&self) -> Ended {
        let concurrency = self.pages.reader.engine().info().limits.concurrency + RENDER_AHEAD;
        let pages = Arc::clone(&self.pages);
        let read = move |page| Arc::clone(&pages).read(page);
        let all: BoxFuture<'_, ()> = match self.page_numbers.as_slice() {
            // Most runs have a single page: skip the combinator, which costs time for every delta.
            [page] => read(*page).boxed(),
            pages => stream::iter(pages.to_vec()).for_each_concurrent(concurrency, read).boxed(),
        };
        let mut all = pin!(all);
        let heartbeat = self.runs.limits.heartbeat;
        let mut timer = pin!(tokio::time::sleep(heartbeat));
        loop {
            tokio::select! {
                biased;
                () = &mut all => break,
                () = &mut timer => {
                    // One timer serves the whole run. Reset it only when it fires, not for every event.
                    let last_sent = self.keep_alive().await;
                    timer.as_mut().reset(last_sent + heartbeat);
                }
            }
        }
        if self.pages.stop.is_cancelled() { Ended::Aborted } else { Ended::Completed }
    }

    /// Sends a heartbeat if nothing was sent for a while. Returns when the last event was sent.
    async fn keep_alive(&self) -> Instant {
        // Do not wait for the lock: its holder, a page that is sending, is not polled meanwhile.
        let Ok(mut progress) = self.progress.try_lock() else { return Instant::now() };
        let emitter = &mut progress.emitter;
        if emitter.last_sent().elapsed() >= self.runs.limits.heartbeat && emitter.heartbeat().await.is_err() {
            self.pages.stop.cancel();
        }
        emitter.last_sent()
    }

    /// Every page was tried. The row is settled before the last event is sent, so that the ledger is right when a client sees the event.
    async fn close(self) -> Option<Closing> {
        let mut progress = self.progress.lock().await;
        let status = progress.status();
        let mut closing = Closing::new(&self.runs, self.run, self.kind, status, progress.take_unwritten());
        let settled = closing.attempt().await;
        let unsettled = settled.is_err().then_some(closing);
        progress.end(status, settled.ok().flatten().as_ref());
        unsettled
    }

    /// The reader left, or the server stops: what was used so far is recorded.
    async fn abort(self) -> Option<Closing> {
        let mut progress = self.progress.lock().await;
        let unwritten = progress.take_unwritten();
        let mut closing = Closing::new(&self.runs, self.run, self.kind, RunStatus::Aborted, unwritten);
        let unsettled = closing.attempt().await.is_err().then_some(closing);
        // A reader that has left does not receive the reason.
        if self.runs.lifecycle.stopping.is_cancelled() {
            let error = Error::new(ErrorCode::Unavailable, "The server is stopping. What was read is kept.");
            progress.emitter.fail(error);
        } else if let Some(error) = progress.take_in_vain() {
            progress.emitter.fail(error);
        } else if self.cancel.is_cancelled() {
            progress.emitter.fail(Error::new(ErrorCode::Aborted, "The run was stopped."));
        } else if progress.emitter.is_cut() {
            let run = self.run;
            metrics::reader_cut();
            tracing::info!(%run, "a reader took its events too slowly, and was cut");
            let detail = "The run was stopped, because its events were taken too slowly. What was read is kept.";
            progress.emitter.fail(Error::new(ErrorCode::Aborted, detail));
        }
        unsettled
    }
}
