//! The task of a run. Only this task drives the engine, counts usage and settles the ledger row: its reader only receives
//! events.

mod ends;

use std::{collections::HashMap, panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Instant};

use futures::{FutureExt as _, Stream, StreamExt as _, stream};
use inkstream_wire::{DocumentId, PageEnd, RunId, RunKind, RunStatus, Usage};
use tokio_util::sync::CancellationToken;

use super::{
    Ticket,
    accumulator::PageAccumulator,
    closing::Closing,
    emitter::{Emitter, ReaderClosed},
    live::LiveRunGuard,
    page::{self, PageEvent, Reading},
    queue_progress::QueueProgress,
};
use crate::{
    Error,
    app::App,
    documents,
    engines::QueuePosition,
    ports::{BlobKey, PageResult},
};

/// Pages that are rendered while the engine is busy with others.
const RENDER_AHEAD: usize = 2;

/// The state of a run's task.
pub(super) struct RunTask {
    pub(super) app: Arc<App>,
    pub(super) ticket: Ticket,
    pub(super) cancel: CancellationToken,
    pub(super) emitter: Emitter,
    pub(super) reading: Arc<Reading>,
    pub(super) run: RunId,
    /// Keeps the run registered as live until the task is over.
    pub(super) live_guard: Option<LiveRunGuard>,
    pub(super) document: DocumentId,
    pub(super) kind: RunKind,
    pub(super) pages: Vec<u32>,
    pub(super) input_bytes: u64,
    /// The document's blob, if the document is deleted when the run ends.
    pub(super) forget: Option<BlobKey>,
}

/// How the reading of the pages ended, before the row is settled.
enum Ended {
    /// Every page was tried.
    Completed,
    /// The reader disconnected or was too slow, the server stops, or going on is pointless ([`Progress::in_vain`]).
    Aborted,
}

/// Runs the task to its end and settles the row, even if the task panics.
pub(super) async fn run(mut task: RunTask) {
    let RunTask { app, run, document, kind, .. } = &task;
    let (app, run, document, kind) = (Arc::clone(app), *run, *document, *kind);
    let cancel = task.cancel.clone();
    let _live_guard = task.live_guard.take();
    let forget = task.forget.take();
    let unsettled = if let Ok(unsettled) = AssertUnwindSafe(task.drive()).catch_unwind().await {
        unsettled
    } else {
        tracing::error!(%run, "a run's task panicked");
        let mut closing = Closing::new(&app, run, kind, RunStatus::Failed, Vec::new());
        closing.attempt().await.is_err().then_some(closing)
    };
    if forget.is_some() && unsettled.is_none() {
        // The reader may still fetch page images of a run that it has received completely.
        let _ = tokio::time::timeout(app.limits.stream_stall, cancel.cancelled()).await;
    }
    // Delete the document before settling: on a full disk, its bytes may be what the database needs.
    let deleted = match &forget {
        Some(blob) => documents::forget(&app, document, blob).await,
        None => true,
    };
    if let Some(closing) = unsettled {
        closing.finish().await;
    }
    if let Some(blob) = forget.filter(|_| !deleted) {
        documents::forget(&app, document, &blob).await;
    }
}

/// The progress of a run's pages.
struct Progress {
    begun: Instant,
    /// The number of pages to read.
    all: u32,
    open: HashMap<u32, PageAccumulator>,
    /// Pages that were read, partial ones included.
    done: u32,
    /// Pages that were read, but of which text is missing.
    partial: u32,
    failed: u32,
    /// Pages that were skipped because the answer's token bound was reached.
    passed_over: u32,
    usage: Usage,
    first_text: bool,
    first_error: Option<Error>,
    /// Why going on is pointless, if it is.
    in_vain: Option<Error>,
    /// Ends of pages that could not be written to the database.
    unwritten: Vec<PageResult>,
    /// The last page's end, which the `end` event of a single image repeats.
    last_end: Option<PageEnd>,
    /// The run's position in the engine's queue, until its first page has a permit.
    queue: Option<QueueProgress>,
}

impl RunTask {
    /// Drives the run. Returns the closing if it is still to be written.
    async fn drive(mut self) -> Option<Closing> {
        let mut progress = Progress {
            begun: Instant::now(),
            all: self.pages.len() as u32,
            open: HashMap::new(),
            done: 0,
            partial: 0,
            failed: 0,
            passed_over: 0,
            usage: Usage { input_bytes: self.input_bytes, ..Usage::default() },
            first_text: false,
            first_error: None,
            in_vain: None,
            unwritten: Vec::new(),
            last_end: None,
            queue: None,
        };
        let ended = match self.wait_for_turn().await {
            Ok(()) => match self.reading.first().handle.admit_run() {
                Ok(waiting) => {
                    progress.queue = Some(QueueProgress::new(waiting));
                    match self.emitter.start().await {
                        Ok(()) => self.recognize_pages(&mut progress).await,
                        Err(ReaderClosed) => Ended::Aborted,
                    }
                }
                Err(error) => {
                    progress.failed = self.pages.len() as u32;
                    progress.first_error = Some(error);
                    Ended::Completed
                }
            },
            Err(ReaderClosed) => Ended::Aborted,
        };
        match ended {
            Ended::Completed => self.close(progress).await,
            Ended::Aborted => self.abort(progress).await,
        }
    }

    /// Waits in the queue of runs, and reports the position to the reader.
    async fn wait_for_turn(&mut self) -> Result<(), ReaderClosed> {
        let mut position = self.ticket.enqueue();
        loop {
            let current = *position.borrow_and_update();
            match current {
                QueuePosition::Now => return Ok(()),
                QueuePosition::Ahead(ahead) => self.emitter.queued(ahead).await?,
            }
            loop {
                tokio::select! {
                    biased;
                    () = self.cancel.cancelled() => return Err(ReaderClosed),
                    changed = position.changed() => { changed.map_err(|_| ReaderClosed)?; break }
                    () = tokio::time::sleep(self.app.limits.heartbeat) => self.emitter.heartbeat().await?,
                }
            }
        }
    }

    async fn recognize_pages(&mut self, progress: &mut Progress) -> Ended {
        let concurrency = self.reading.first().handle.info().limits.concurrency + RENDER_AHEAD;
        let reading = Arc::clone(&self.reading);
        let recognize = move |page| page::recognize(Arc::clone(&reading), page);
        let pages = match std::mem::take(&mut self.pages).as_slice() {
            // Most runs have a single page: skip the combinator, which costs time for every delta.
            [page] => recognize(*page),
            pages => stream::iter(pages.to_vec()).flat_map_unordered(concurrency, recognize).boxed(),
        };
        // Returning drops every page's stream, which cancels the requests to the engine.
        match self.handle_events(pages, progress).await {
            Ok(()) => Ended::Completed,
            Err(ReaderClosed) => Ended::Aborted,
        }
    }

    async fn handle_events(
        &mut self,
        pages: impl Stream<Item = (u32, PageEvent)>,
        progress: &mut Progress,
    ) -> Result<(), ReaderClosed> {
        let heartbeat = self.app.limits.heartbeat;
        let cancel = self.cancel.clone();
        let mut cancelled = pin!(cancel.cancelled());
        let mut pages = pin!(pages);
        let mut heartbeat_timer = pin!(tokio::time::sleep(heartbeat));
        loop {
            tokio::select! {
                biased;
                () = &mut cancelled => return Err(ReaderClosed),
                event = pages.next() => match event {
                    Some((page, event)) => self.handle_event(page, event, progress).await?,
                    None => return Ok(()),
                },
                () = &mut heartbeat_timer => {
                    // One timer serves the whole run. Reset it only when it fires, not for every event.
                    if self.emitter.last_sent().elapsed() >= heartbeat {
                        self.emitter.heartbeat().await?;
                    }
                    heartbeat_timer.as_mut().reset(self.emitter.last_sent() + heartbeat);
                }
            }
        }
    }

    async fn handle_event(&mut self, page: u32, event: PageEvent, progress: &mut Progress) -> Result<(), ReaderClosed> {
        let accumulator = progress.open.entry(page).or_default();
        match event {
            PageEvent::Waiting(ahead) => {
                // Once one page is being read, the others' positions are not reported.
                match progress.queue.as_mut().and_then(|queue| queue.update(page, ahead)) {
                    Some(ahead) => self.emitter.queued(ahead).await,
                    None => Ok(()),
                }
            }
            PageEvent::PermitGranted => {
                progress.queue = None;
                Ok(())
            }
            PageEvent::ReadStart(read_start) => {
                let is_retry = accumulator.read_start.is_some();
                accumulator.take(read_start.clone());
                match accumulator.attempts.last().filter(|_| is_retry) {
                    Some(failed) => self.emitter.page_reset(page, read_start, &failed.outcome).await,
                    None => self.emitter.page_start(page, read_start).await,
                }
            }
            PageEvent::Attempted { model, outcome, seconds } => {
                accumulator.attempted(model, outcome, seconds, &self.app.prices);
                Ok(())
            }
            PageEvent::Text { delta, bounds, tokens } => {
                if !std::mem::replace(&mut progress.first_text, true) {
                    self.reading.first().handle.metrics().first_delta(progress.begun.elapsed());
                }
                accumulator.add_text(&delta);
                if let Some(tokens) = tokens {
                    accumulator.count(tokens);
                }
                self.emitter.text(page, delta, bounds).await
            }
            PageEvent::Tokens(tokens) => {
                accumulator.count(tokens);
                Ok(())
            }
            PageEvent::Finished(finish) => self.page_finished(page, finish, progress).await,
            PageEvent::Failed(error) => self.page_failed(page, error, progress).await,
            PageEvent::Skipped => {
                progress.open.remove(&page);
                progress.passed_over += 1;
                Ok(())
            }
        }
    }
}
