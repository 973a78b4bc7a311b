//! The task of a run. It alone owns engine, permits and meter, and it alone settles the row: its reader only listens.

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
    ports::{BlobKey, PageRecord},
};

/// Pages that are rendered while the engine is busy with others.
const RENDER_AHEAD: usize = 2;

/// Everything the task owns.
pub(super) struct RunTask {
    pub(super) app: Arc<App>,
    pub(super) ticket: Ticket,
    pub(super) cancel: CancellationToken,
    pub(super) emitter: Emitter,
    pub(super) reading: Arc<Reading>,
    pub(super) run: RunId,
    /// Its place among the live runs, until the task is over.
    pub(super) alive: Option<LiveRunGuard>,
    pub(super) document: DocumentId,
    pub(super) kind: RunKind,
    pub(super) pages: Vec<u32>,
    pub(super) input_bytes: u64,
    /// The document's blob, if the document is to end with the run.
    pub(super) forget: Option<BlobKey>,
}

/// How the reading of the pages ended, before the row is settled.
enum Ended {
    /// Every page was tried.
    Through,
    /// The reader left, took nothing for too long, the server stops, or there is no use in going on.
    Aborted,
}

/// Runs to the end, whatever happens, and settles the row.
pub(super) async fn run(mut task: RunTask) {
    let RunTask { app, run, document, kind, .. } = &task;
    let (app, run, document, kind) = (Arc::clone(app), *run, *document, *kind);
    let cancel = task.cancel.clone();
    let _alive = task.alive.take();
    let forget = task.forget.take();
    let unsettled = if let Ok(unsettled) = AssertUnwindSafe(task.drive()).catch_unwind().await {
        unsettled
    } else {
        tracing::error!(%run, "a run's task panicked");
        let mut closing = Closing::new(&app, run, kind, RunStatus::Failed, Vec::new());
        closing.attempt().await.is_err().then_some(closing)
    };
    if forget.is_some() && unsettled.is_none() {
        // Who has read the run to its end may still want a picture of it.
        let _ = tokio::time::timeout(app.limits.stream_stall, cancel.cancelled()).await;
    }
    // The document that is not to be kept goes first: its bytes may be what a full disk lacks.
    let gone = match &forget {
        Some(blob) => documents::forget(&app, document, blob).await,
        None => true,
    };
    if let Some(closing) = unsettled {
        closing.finish().await;
    }
    if let Some(blob) = forget.filter(|_| !gone) {
        documents::forget(&app, document, &blob).await;
    }
}

/// What the pages have come to so far.
struct Progress {
    begun: Instant,
    /// How many pages there are to read.
    all: u32,
    open: HashMap<u32, PageAccumulator>,
    /// Pages that were read, those of which text is missing included.
    done: u32,
    /// Pages of which text is missing.
    partial: u32,
    failed: u32,
    /// Pages that were not read since the answer's bound was reached before them.
    passed_over: u32,
    usage: Usage,
    first_text: bool,
    first_error: Option<Error>,
    /// Why there is no use in going on, if there is none.
    in_vain: Option<Error>,
    /// Ends of pages that the database did not take.
    unwritten: Vec<PageRecord>,
    /// The last page's end; a single picture's `end` repeats it.
    last_end: Option<PageEnd>,
    /// While no page of the run is at an engine.
    line: Option<QueueProgress>,
}

impl RunTask {
    /// What is returned is still to be written.
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
            line: None,
        };
        let ended = match self.wait_for_turn().await {
            Ok(()) => match self.reading.first().handle.expect_run() {
                Ok(waiting) => {
                    progress.line = Some(QueueProgress::new(waiting));
                    match self.emitter.start().await {
                        Ok(()) => self.read_pages(&mut progress).await,
                        Err(ReaderClosed) => Ended::Aborted,
                    }
                }
                Err(error) => {
                    progress.failed = self.pages.len() as u32;
                    progress.first_error = Some(error);
                    Ended::Through
                }
            },
            Err(ReaderClosed) => Ended::Aborted,
        };
        match ended {
            Ended::Through => self.close(progress).await,
            Ended::Aborted => self.abort(progress).await,
        }
    }

    /// Stands in line until the run may go, telling the reader how many stand before it.
    async fn wait_for_turn(&mut self) -> Result<(), ReaderClosed> {
        let mut turn = self.ticket.enqueue();
        loop {
            let now = *turn.borrow_and_update();
            match now {
                QueuePosition::Now => return Ok(()),
                QueuePosition::Ahead(ahead) => self.emitter.queued(ahead).await?,
            }
            loop {
                tokio::select! {
                    biased;
                    () = self.cancel.cancelled() => return Err(ReaderClosed),
                    changed = turn.changed() => { changed.map_err(|_| ReaderClosed)?; break }
                    () = tokio::time::sleep(self.app.limits.heartbeat) => self.emitter.heartbeat().await?,
                }
            }
        }
    }

    async fn read_pages(&mut self, progress: &mut Progress) -> Ended {
        let at_once = self.reading.first().handle.info().concurrency + RENDER_AHEAD;
        let reading = Arc::clone(&self.reading);
        let read = move |page| page::read(Arc::clone(&reading), page);
        let pages = match std::mem::take(&mut self.pages).as_slice() {
            // Most runs: a page alone takes turns with none, and taking turns costs each delta something.
            [page] => read(*page),
            pages => stream::iter(pages.to_vec()).flat_map_unordered(at_once, read).boxed(),
        };
        // Leaving this function drops every page's stream, and with it the engine's requests.
        match self.take_events(pages, progress).await {
            Ok(()) => Ended::Through,
            Err(ReaderClosed) => Ended::Aborted,
        }
    }

    async fn take_events(
        &mut self,
        pages: impl Stream<Item = (u32, PageEvent)>,
        progress: &mut Progress,
    ) -> Result<(), ReaderClosed> {
        let heartbeat = self.app.limits.heartbeat;
        let cancel = self.cancel.clone();
        let mut cancelled = pin!(cancel.cancelled());
        let mut pages = pin!(pages);
        let mut quiet = pin!(tokio::time::sleep(heartbeat));
        loop {
            tokio::select! {
                biased;
                () = &mut cancelled => return Err(ReaderClosed),
                event = pages.next() => match event {
                    Some((page, event)) => self.take(page, event, progress).await?,
                    None => return Ok(()),
                },
                () = &mut quiet => {
                    // One timer for the whole run: it is set anew only when it fires.
                    if self.emitter.last_sent().elapsed() >= heartbeat {
                        self.emitter.heartbeat().await?;
                    }
                    quiet.as_mut().reset(self.emitter.last_sent() + heartbeat);
                }
            }
        }
    }

    async fn take(&mut self, page: u32, event: PageEvent, progress: &mut Progress) -> Result<(), ReaderClosed> {
        let accumulator = progress.open.entry(page).or_default();
        match event {
            PageEvent::Waiting(ahead) => {
                // Once a page is being read, the others' waiting is no news.
                match progress.line.as_mut().and_then(|line| line.moved(page, ahead)) {
                    Some(ahead) => self.emitter.queued(ahead).await,
                    None => Ok(()),
                }
            }
            PageEvent::PermitGranted => {
                progress.line = None;
                Ok(())
            }
            PageEvent::ReadStart(read_start) => {
                let begun_before = accumulator.read_start.is_some();
                accumulator.take(read_start.clone());
                match accumulator.attempts.last().filter(|_| begun_before) {
                    Some(void) => self.emitter.page_reset(page, read_start, &void.outcome).await,
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
            PageEvent::PassedOver => {
                progress.open.remove(&page);
                progress.passed_over += 1;
                Ok(())
            }
        }
    }
}
