//! The task of a run. It alone owns engine, permits and meter, and it alone settles the row: its reader only listens.

use std::{collections::HashMap, panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Instant};

use futures::{FutureExt as _, Stream, StreamExt as _, stream};
use inkstream_wire::{DocumentId, End, ErrorCode, PageEnd, RunId, RunKind, RunStatus, Usage};
use tokio_util::sync::CancellationToken;

use super::{
    Ticket,
    emitter::{Emitter, Gone},
    page::{self, PageEvent, Reading},
    queue::Turn,
    tally::Tally,
};
use crate::{
    Error,
    app::App,
    documents,
    metrics::{self, EngineMetrics},
    ports::{PageOutcome, PageRecord, Settlement},
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
    pub(super) document: DocumentId,
    pub(super) kind: RunKind,
    pub(super) pages: Vec<u32>,
    pub(super) input_bytes: u64,
    pub(super) prompt_chars: u64,
    pub(super) boxes: bool,
    /// Whether the document outlives the run.
    pub(super) keep: bool,
}

/// How the reading of the pages ended, before the row is settled.
enum Ended {
    /// Every page was tried.
    Through,
    /// The reader left, took nothing for too long, or the server stops.
    Aborted,
}

/// Runs to the end, whatever happens, and settles the row.
pub(super) async fn run(task: RunTask) {
    let RunTask { app, run, document, kind, keep, .. } = &task;
    let (app, run, document, kind, keep) = (Arc::clone(app), *run, *document, *kind, *keep);
    // A defect must not leave the row open: leases are renewed for the whole process.
    if AssertUnwindSafe(task.drive()).catch_unwind().await.is_err() {
        tracing::error!(%run, "a run's task panicked");
        settle(&app, run, kind, RunStatus::Failed).await;
    }
    if !keep {
        documents::forget(&app, document).await;
    }
}

async fn settle(app: &App, run: RunId, kind: RunKind, status: RunStatus) -> Option<Usage> {
    metrics::run_ended(kind, status);
    match app.store.settle_run(Settlement { run, status, ended_at: app.clock.now() }).await {
        Ok(row) => Some(Usage {
            prompt_tokens: row.prompt_tokens,
            completion_tokens: row.completion_tokens,
            prompt_chars: row.prompt_chars,
            completion_chars: row.completion_chars,
            input_bytes: row.input_bytes,
            pages: None,
            estimated: row.estimated,
        }),
        Err(error) => {
            // The sweeper settles it when the lease lapses.
            tracing::error!(%run, error = &error as &dyn std::error::Error, "a run could not be settled");
            None
        }
    }
}

/// What the pages have come to so far.
struct Progress {
    metrics: EngineMetrics,
    begun: Instant,
    open: HashMap<u32, Tally>,
    done: u32,
    failed: u32,
    usage: Usage,
    first_text: bool,
    first_error: Option<Error>,
    /// The last page's end; a single picture's `end` repeats it.
    last_end: Option<PageEnd>,
}

impl RunTask {
    async fn drive(mut self) {
        let mut progress = Progress {
            metrics: EngineMetrics::new(&self.reading.engine.info().engine),
            begun: Instant::now(),
            open: HashMap::new(),
            done: 0,
            failed: 0,
            usage: Usage { input_bytes: self.input_bytes, ..Usage::default() },
            first_text: false,
            first_error: None,
            last_end: None,
        };
        let ended = match self.wait_for_turn().await {
            Ok(()) => self.read_pages(&mut progress).await,
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
                Turn::Now => return self.emitter.start().await,
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
        let at_once = self.reading.engine.info().concurrency + RENDER_AHEAD;
        let reading = Arc::clone(&self.reading);
        let pages = stream::iter(std::mem::take(&mut self.pages))
            .flat_map_unordered(at_once, move |page| page::read(Arc::clone(&reading), page).boxed());
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
        let prompt_chars = self.prompt_chars;
        let tally = progress.open.entry(page).or_insert_with(|| Tally::new(prompt_chars));
        match event {
            PageEvent::Taken(taken) => {
                tally.taken = Some(taken);
                self.emitter.page_start(page, taken).await
            }
            PageEvent::Text { delta, bounds } => {
                let now = Instant::now();
                if !std::mem::replace(&mut progress.first_text, true) {
                    progress.metrics.first_delta(now - progress.begun);
                }
                if let Some(last) = tally.last_text.replace(now) {
                    progress.metrics.delta_gap(now - last);
                }
                tally.add_text(&delta);
                self.emitter.text(page, delta, bounds).await
            }
            PageEvent::Tokens(tokens) => {
                tally.count(tokens);
                Ok(())
            }
            PageEvent::Finished(finish) => {
                tally.finish(&finish);
                match self.record(page, PageOutcome::Done, progress).await {
                    Ok(tally) => {
                        progress.done += 1;
                        let end = PageEnd {
                            page,
                            usage: tally.usage(),
                            finish_reason: finish.reason,
                            boxes: self.boxes.then_some(finish.boxes),
                            size_applied: finish.size_applied,
                            lowered_dpi: tally.taken.and_then(|taken| taken.lowered_dpi),
                            confidence: finish.confidence,
                        };
                        progress.last_end = Some(end.clone());
                        self.emitter.page_end(end).await
                    }
                    Err(error) => self.page_failed(page, error, progress).await,
                }
            }
            PageEvent::Failed(error) => {
                let error = match self.record(page, PageOutcome::Failed(error.to_event()), progress).await {
                    Ok(_) => error,
                    Err(not_recorded) => not_recorded,
                };
                self.page_failed(page, error, progress).await
            }
        }
    }

    async fn page_failed(&mut self, page: u32, error: Error, progress: &mut Progress) -> Result<(), Gone> {
        progress.failed += 1;
        let told = error.to_event();
        if error.cause.is_some() {
            let run = self.run;
            tracing::warn!(%run, page, error = &error as &dyn std::error::Error, "a page failed");
        }
        progress.first_error.get_or_insert(error);
        self.emitter.page_error(page, told).await
    }

    /// Writes what has come of a page, in one transaction with its usage.
    async fn record(&self, page: u32, outcome: PageOutcome, progress: &mut Progress) -> Result<Tally, Error> {
        let tally = progress.open.remove(&page).unwrap_or_else(|| Tally::new(self.prompt_chars));
        let usage = tally.usage();
        let label = match outcome {
            PageOutcome::Done => "done",
            PageOutcome::Failed(_) => "failed",
            PageOutcome::Aborted => "aborted",
        };
        progress.metrics.page(label, &usage);
        progress.usage.add_page(&usage);
        let model = self.reading.engine.info().model.clone();
        let cost = self.app.prices.page(&model, outcome == PageOutcome::Done, &usage);
        let record = PageRecord {
            run: self.run,
            document: self.document,
            page,
            outcome,
            size: tally.taken.map(|taken| (taken.width, taken.height)),
            dpi: tally.taken.and_then(|taken| taken.dpi),
            text: tally.text.clone(),
            boxes: tally.boxes.clone(),
            confidence: tally.confidence,
            finish_reason: tally.finish_reason.clone(),
            usage,
            cost,
            model,
            finished_at: self.app.clock.now(),
        };
        self.app.store.finish_page(record).await?;
        Ok(tally)
    }

    /// Every page was tried: the row is closed first, so that who sees the end finds the ledger right.
    async fn close(mut self, progress: Progress) {
        let status = match (progress.done, progress.failed) {
            (_, 0) => RunStatus::Ok,
            (0, _) => RunStatus::Failed,
            _ => RunStatus::Partial,
        };
        let pages = self.kind_pages(progress.done);
        let settled = settle(&self.app, self.run, self.kind, status).await;
        let usage = Usage { pages, ..settled.unwrap_or(progress.usage) };
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
                    boxes: end.and_then(|end| end.boxes),
                };
                self.emitter.end(end).await
            }
        };
    }

    /// The reader left, or the server stops: what was used so far is written down.
    async fn abort(mut self, mut progress: Progress) {
        let open: Vec<u32> = progress.open.keys().copied().collect();
        for page in open {
            if let Err(error) = self.record(page, PageOutcome::Aborted, &mut progress).await {
                let run = self.run;
                tracing::error!(%run, page, error = &error as &dyn std::error::Error, "a page was not recorded");
            }
        }
        settle(&self.app, self.run, self.kind, RunStatus::Aborted).await;
        if self.app.stopping.is_cancelled() {
            let error = Error::new(ErrorCode::Unavailable, "The server is stopping. What was read is kept.");
            let _ = self.emitter.fail(error).await;
        }
    }

    /// How many pages were read, for those that are told by pages.
    fn kind_pages(&self, done: u32) -> Option<u32> {
        self.emitter.tells_pages().then_some(done)
    }
}
