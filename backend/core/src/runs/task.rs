//! The task of a run. It alone owns engine, permits and meter, and it alone settles the row: its reader only listens.

use std::{collections::HashMap, panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Instant};

use futures::{FutureExt as _, Stream, StreamExt as _, stream};
use inkstream_wire::{DocumentId, End, ErrorCode, PageEnd, RunId, RunKind, RunStatus, Task, Usage};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Ticket,
    closing::{self, Closing},
    emitter::{Emitter, Gone},
    line::InLine,
    page::{self, PageEvent, Reading},
    tally::Tally,
};
use crate::{
    Error,
    app::App,
    documents,
    engines::Turn,
    metrics::EngineMetrics,
    ports::{BlobKey, PageOutcome, PageRecord, RunRecord},
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
    pub(super) user: Uuid,
    pub(super) document: DocumentId,
    pub(super) kind: RunKind,
    pub(super) pages: Vec<u32>,
    pub(super) input_bytes: u64,
    pub(super) boxes: bool,
    /// The document's blob, if the document is to end with the run.
    pub(super) forget: Option<BlobKey>,
}

/// How the reading of the pages ended, before the row is settled.
enum Ended {
    /// Every page was tried.
    Through,
    /// The reader left, took nothing for too long, or the server stops.
    Aborted,
}

/// Runs to the end, whatever happens, and settles the row.
pub(super) async fn run(mut task: RunTask) {
    let RunTask { app, run, document, kind, .. } = &task;
    let (app, run, document, kind) = (Arc::clone(app), *run, *document, *kind);
    let cancel = task.cancel.clone();
    let _alive = app.live.enter(run, task.user, cancel.clone());
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
    open: HashMap<u32, Tally>,
    done: u32,
    failed: u32,
    usage: Usage,
    first_text: bool,
    first_error: Option<Error>,
    /// Ends of pages that the database did not take.
    unwritten: Vec<PageRecord>,
    /// The last page's end; a single picture's `end` repeats it.
    last_end: Option<PageEnd>,
    /// While no page of the run is at an engine.
    line: Option<InLine>,
}

impl RunTask {
    /// What is returned is still to be written.
    async fn drive(mut self) -> Option<Closing> {
        let mut progress = Progress {
            begun: Instant::now(),
            open: HashMap::new(),
            done: 0,
            failed: 0,
            usage: Usage { input_bytes: self.input_bytes, ..Usage::default() },
            first_text: false,
            first_error: None,
            unwritten: Vec::new(),
            last_end: None,
            line: None,
        };
        let ended = match self.wait_for_turn().await {
            Ok(()) => match self.reading.legs[0].station.expect_run() {
                Ok(waiting) => {
                    progress.line = Some(InLine::new(waiting));
                    match self.emitter.start().await {
                        Ok(()) => self.read_pages(&mut progress).await,
                        Err(Gone) => Ended::Aborted,
                    }
                }
                Err(error) => {
                    progress.failed = self.pages.len() as u32;
                    progress.first_error = Some(error);
                    Ended::Through
                }
            },
            Err(Gone) => Ended::Aborted,
        };
        match ended {
            Ended::Through => self.close(progress).await,
            Ended::Aborted => self.abort(progress).await,
        }
    }

    /// Stands in line until the run may go, telling the reader how many stand before it.
    async fn wait_for_turn(&mut self) -> Result<(), Gone> {
        let mut turn = self.ticket.line_up();
        loop {
            let now = *turn.borrow_and_update();
            match now {
                Turn::Now => return Ok(()),
                Turn::Ahead(ahead) => self.emitter.queued(ahead).await?,
            }
            loop {
                tokio::select! {
                    biased;
                    () = self.cancel.cancelled() => return Err(Gone),
                    changed = turn.changed() => { changed.map_err(|_| Gone)?; break }
                    () = tokio::time::sleep(self.app.limits.heartbeat) => self.emitter.heartbeat().await?,
                }
            }
        }
    }

    async fn read_pages(&mut self, progress: &mut Progress) -> Ended {
        let at_once = self.reading.legs[0].station.info().concurrency + RENDER_AHEAD;
        let reading = Arc::clone(&self.reading);
        let read = move |page| page::read(Arc::clone(&reading), page).boxed();
        let pages = match std::mem::take(&mut self.pages).as_slice() {
            // Most runs: a page alone takes turns with none, and taking turns costs each delta something.
            [page] => read(*page),
            pages => stream::iter(pages.to_vec()).flat_map_unordered(at_once, read).boxed(),
        };
        // Leaving this function drops every page's stream, and with it the engine's requests.
        match self.take_events(pages, progress).await {
            Ok(()) => Ended::Through,
            Err(Gone) => Ended::Aborted,
        }
    }

    async fn take_events(
        &mut self,
        pages: impl Stream<Item = (u32, PageEvent)>,
        progress: &mut Progress,
    ) -> Result<(), Gone> {
        let heartbeat = self.app.limits.heartbeat;
        let cancel = self.cancel.clone();
        let mut cancelled = pin!(cancel.cancelled());
        let mut pages = pin!(pages);
        let mut quiet = pin!(tokio::time::sleep(heartbeat));
        loop {
            tokio::select! {
                biased;
                () = &mut cancelled => return Err(Gone),
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

    async fn take(&mut self, page: u32, event: PageEvent, progress: &mut Progress) -> Result<(), Gone> {
        let tally = progress.open.entry(page).or_default();
        match event {
            PageEvent::Waiting(ahead) => {
                // Once a page is being read, the others' waiting is no news.
                match progress.line.as_mut().and_then(|line| line.moved(page, ahead)) {
                    Some(ahead) => self.emitter.queued(ahead).await,
                    None => Ok(()),
                }
            }
            PageEvent::Placed => {
                progress.line = None;
                Ok(())
            }
            PageEvent::Taken(taken) => {
                let begun_before = tally.taken.is_some();
                tally.take(taken.clone());
                match tally.attempts.last().filter(|_| begun_before) {
                    Some(void) => self.emitter.page_anew(page, taken, &void.outcome).await,
                    None => self.emitter.page_start(page, taken).await,
                }
            }
            PageEvent::Attempted { model, outcome, seconds } => {
                tally.attempted(model, outcome, seconds, &self.app.prices);
                Ok(())
            }
            PageEvent::Text { delta, bounds, tokens } => {
                if !std::mem::replace(&mut progress.first_text, true) {
                    self.reading.legs[0].station.metrics().first_delta(progress.begun.elapsed());
                }
                tally.add_text(&delta);
                if let Some(tokens) = tokens {
                    tally.count(tokens);
                }
                self.emitter.text(page, delta, bounds).await
            }
            PageEvent::Tokens(tokens) => {
                tally.count(tokens);
                Ok(())
            }
            PageEvent::Finished(finish) => {
                tally.finish(&finish);
                let lowered_dpi = tally.taken.as_ref().and_then(|taken| taken.lowered_dpi);
                let attempts = tally.told_attempts();
                let record = self.record(page, PageOutcome::Done, progress);
                let usage = record.usage;
                if let Err(error) = self.write(&record).await {
                    let detail = format!("The page was read, but its text could not be stored. {}", error.detail);
                    let error = Error { detail, ..error };
                    // It is written with the run's end as what was told of it: failed, with its text.
                    let its_own = self.app.prices.page(&record.model, true, &Usage::default());
                    let cost = record.cost.zip(its_own).map(|(cost, its_own)| cost - its_own);
                    let outcome = PageOutcome::Failed(error.to_event());
                    let record = PageRecord { outcome, counts: false, cost, ..record };
                    count(&record);
                    progress.unwritten.push(record);
                    return self.page_failed(page, error, progress).await;
                }
                count(&record);
                progress.done += 1;
                let end = PageEnd {
                    page,
                    usage,
                    finish_reason: finish.reason,
                    boxes: self.boxes.then_some(finish.boxes),
                    size_applied: finish.size_applied,
                    lowered_dpi,
                    confidence: finish.confidence,
                    metadata: finish.metadata,
                    attempts,
                };
                progress.last_end = Some(end.clone());
                self.emitter.page_end(end).await
            }
            PageEvent::Failed(error) => {
                let record = self.record(page, PageOutcome::Failed(error.to_event()), progress);
                count(&record);
                if self.write(&record).await.is_err() {
                    progress.unwritten.push(record);
                }
                self.page_failed(page, error, progress).await
            }
        }
    }

    async fn page_failed(&mut self, page: u32, error: Error, progress: &mut Progress) -> Result<(), Gone> {
        progress.failed += 1;
        let told = error.to_event();
        // Before the first event the failure is the request's, and is logged there.
        if error.cause.is_some() && self.emitter.has_begun() {
            let run = self.run;
            tracing::warn!(%run, page, error = &error as &dyn std::error::Error, "a page failed");
        }
        progress.first_error.get_or_insert(error);
        self.emitter.page_error(page, told).await
    }

    /// What has come of a page, with its usage.
    fn record(&self, page: u32, outcome: PageOutcome, progress: &mut Progress) -> PageRecord {
        let tally = progress.open.remove(&page).unwrap_or_default();
        let usage = tally.usage();
        progress.usage.add_page(&usage);
        let taken = tally.taken.as_ref();
        let model = taken.map_or(&self.reading.legs[0].station.info().model, |taken| &taken.model).clone();
        // Who hangs up on the last word has had the page all the same.
        let counts = match outcome {
            PageOutcome::Done => true,
            PageOutcome::Aborted => !tally.text.is_empty(),
            PageOutcome::Failed(_) => false,
        };
        let cost = tally.cost(&model, counts, &self.app.prices);
        let attempts = tally.told_attempts();
        PageRecord {
            run: self.run,
            document: self.document,
            page,
            outcome,
            size: taken.map(|taken| (taken.width, taken.height)),
            dpi: taken.and_then(|taken| taken.dpi),
            locates: self.reading.legs[0].request.task == Task::Locate,
            rotation: taken.map_or(0, |taken| taken.rotation),
            text: tally.text,
            boxes: tally.boxes,
            confidence: tally.confidence,
            finish_reason: tally.finish_reason,
            usage,
            counts,
            cost,
            model,
            metadata: tally.metadata,
            attempts,
            finished_at: self.app.clock.now(),
        }
    }

    /// Writes a page's end in one transaction with its usage. While that takes long, the reader hears that the run lives.
    async fn write(&mut self, record: &PageRecord) -> Result<(), Error> {
        let app = Arc::clone(&self.app);
        let mut writing = pin!(closing::write_page(&app, record));
        loop {
            tokio::select! {
                biased;
                written = &mut writing => {
                    if let Some(reservation) = &self.reading.reservation {
                        reservation.release(record.page);
                    }
                    return written;
                }
                () = tokio::time::sleep(app.limits.heartbeat) => {
                    // Who is gone is missed at the next event.
                    let _ = self.emitter.heartbeat().await;
                }
            }
        }
    }

    /// Every page was tried: the row is closed first, so that who sees the end finds the ledger right.
    async fn close(mut self, progress: Progress) -> Option<Closing> {
        let status = match (progress.done, progress.failed) {
            (_, 0) => RunStatus::Ok,
            (0, _) => RunStatus::Failed,
            _ => RunStatus::Partial,
        };
        let pages = self.kind_pages(progress.done);
        let mut closing = Closing::new(&self.app, self.run, self.kind, status, progress.unwritten);
        let settled = closing.attempt().await;
        let unsettled = settled.is_err().then_some(closing);
        let told = settled.ok().flatten().map_or(progress.usage, |row| usage_of(&row));
        let usage = Usage { pages, ..told };
        // A reader that leaves now has missed only the last line.
        let _ = match (status, progress.first_error) {
            (RunStatus::Failed, Some(error)) if pages.is_some() => {
                let detail = format!("No page could be read. The first failure: {}", error.detail);
                self.emitter.fail(Error { detail, ..error }).await
            }
            (RunStatus::Failed, Some(error)) => self.emitter.fail(error).await,
            _ => {
                let end = progress.last_end.filter(|_| pages.is_none());
                let end = End {
                    usage,
                    finish_reason: end.as_ref().and_then(|end| end.finish_reason.clone()),
                    size_applied: end.as_ref().and_then(|end| end.size_applied),
                    lowered_dpi: end.as_ref().and_then(|end| end.lowered_dpi),
                    confidence: end.as_ref().and_then(|end| end.confidence),
                    metadata: end.as_ref().and_then(|end| end.metadata.clone()),
                    attempts: end.as_ref().map(|end| end.attempts.clone()).unwrap_or_default(),
                    boxes: end.and_then(|end| end.boxes),
                };
                self.emitter.end(end).await
            }
        };
        unsettled
    }

    /// The reader left, or the server stops: what was used so far is written down.
    async fn abort(mut self, mut progress: Progress) -> Option<Closing> {
        let open: Vec<u32> = progress.open.keys().copied().collect();
        for page in open {
            let record = self.record(page, PageOutcome::Aborted, &mut progress);
            count(&record);
            progress.unwritten.push(record);
        }
        let mut closing = Closing::new(&self.app, self.run, self.kind, RunStatus::Aborted, progress.unwritten);
        let unsettled = closing.attempt().await.is_err().then_some(closing);
        // A reader that has left does not hear it.
        if self.app.stopping.is_cancelled() {
            let error = Error::new(ErrorCode::Unavailable, "The server is stopping. What was read is kept.");
            let _ = self.emitter.fail(error).await;
        } else if self.cancel.is_cancelled() {
            let _ = self.emitter.fail(Error::new(ErrorCode::Aborted, "The run was stopped.")).await;
        }
        unsettled
    }

    /// How many pages were read, for those that are told by pages.
    fn kind_pages(&self, done: u32) -> Option<u32> {
        self.emitter.tells_pages().then_some(done)
    }
}

/// Counts a page's end for the engine that had it last.
fn count(record: &PageRecord) {
    let outcome = match record.outcome {
        PageOutcome::Done => "done",
        PageOutcome::Failed(_) => "failed",
        PageOutcome::Aborted => "aborted",
    };
    EngineMetrics::new(&record.model).page(outcome, &record.usage);
}

/// What a run has used, as its row has it.
fn usage_of(row: &RunRecord) -> Usage {
    Usage {
        prompt_tokens: row.prompt_tokens,
        completion_tokens: row.completion_tokens,
        prompt_chars: row.prompt_chars,
        completion_chars: row.completion_chars,
        input_bytes: row.input_bytes,
        pages: None,
        estimated: row.estimated,
    }
}
