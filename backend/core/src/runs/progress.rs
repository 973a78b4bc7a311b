//! The progress of a live run: counts its pages, and reports them to its reader.

use std::{sync::Arc, time::Instant};

use inkstream_wire::{End, ErrorCode, PageEnd, RunId, RunStatus, Usage};
use tokio::sync::Mutex;

use super::{
    emitter::{Emitter, ReaderClosed},
    queue_progress::QueueProgress,
};
use crate::{
    Error,
    engines::{EngineHandle, WaitingRun},
    metrics::EngineMetrics,
    page_reader::{PageEvent, PageSink, ReadPage, SinkClosed},
    ports::{PageOutcome, PageResult, UsageRecord, Written},
};

/// The progress of a run, with its way to the reader. The pages that are read concurrently share it.
pub(super) struct Progress {
    pub(super) emitter: Emitter,
    run: RunId,
    engine: Arc<EngineHandle>,
    begun: Instant,
    /// The number of pages to read.
    all: u32,
    /// Pages that were read, partial ones included.
    done: u32,
    /// Pages that were read, but of which text is missing.
    partial: u32,
    failed: u32,
    /// Pages that were skipped because the answer's token bound was reached.
    skipped: u32,
    usage: Usage,
    has_text: bool,
    first_error: Option<Error>,
    /// Why going on is pointless, if it is.
    in_vain: Option<Error>,
    /// Records that could not be written to the database yet.
    unwritten: Vec<PageResult>,
    /// The end of a single image, which the `end` event carries.
    last_end: Option<PageEnd>,
    /// The run's position in the engine's queue, until its first page has a permit.
    queue: Option<QueueProgress>,
}

/// The sink of one page of a run.
pub(super) struct RunSink {
    progress: Arc<Mutex<Progress>>,
    page: u32,
    /// Whether the last event may be held back.
    is_text: bool,
}

impl RunSink {
    pub(super) fn new(progress: Arc<Mutex<Progress>>, page: u32) -> Self {
        Self { progress, page, is_text: false }
    }
}

impl PageSink for RunSink {
    async fn send(&mut self, event: PageEvent) -> Result<(), SinkClosed> {
        self.is_text = matches!(event, PageEvent::Text { .. });
        self.progress.lock().await.page_event(self.page, event).await.map_err(|ReaderClosed| SinkClosed)
    }

    async fn flush(&mut self) -> Result<(), SinkClosed> {
        if std::mem::take(&mut self.is_text) {
            self.progress.lock().await.emitter.flush().await.map_err(|ReaderClosed| SinkClosed)?;
        }
        Ok(())
    }
}

impl Progress {
    pub(super) fn new(emitter: Emitter, run: RunId, engine: Arc<EngineHandle>, pages: u32, input_bytes: u64) -> Self {
        Self {
            emitter,
            run,
            engine,
            begun: Instant::now(),
            all: pages,
            done: 0,
            partial: 0,
            failed: 0,
            skipped: 0,
            usage: Usage { input_bytes, ..Usage::default() },
            has_text: false,
            first_error: None,
            in_vain: None,
            unwritten: Vec::new(),
            last_end: None,
            queue: None,
        }
    }

    /// The run has left the queue of runs, and its pages wait for the engine.
    pub(super) async fn start(&mut self, waiting: WaitingRun) -> Result<(), ReaderClosed> {
        self.queue = Some(QueueProgress::new(waiting));
        self.emitter.start().await
    }

    /// The engine takes no further run: every page failed.
    pub(super) fn rejected(&mut self, error: Error) {
        self.failed = self.all;
        self.first_error = Some(error);
    }

    async fn page_event(&mut self, page: u32, event: PageEvent) -> Result<(), ReaderClosed> {
        match event {
            PageEvent::Queued(ahead) => {
                // Once one page is being read, the others' positions are not reported.
                match self.queue.as_mut().and_then(|queue| queue.update(page, ahead)) {
                    Some(ahead) => self.emitter.queued(ahead).await,
                    None => Ok(()),
                }
            }
            PageEvent::Dequeued => {
                self.queue = None;
                Ok(())
            }
            PageEvent::Start(start) => self.emitter.page_start(page, start).await,
            PageEvent::Reset { start, reason } => self.emitter.page_reset(page, start, &reason).await,
            PageEvent::Text { delta, bounds } => {
                if !std::mem::replace(&mut self.has_text, true) {
                    self.engine.metrics().first_delta(self.begun.elapsed());
                }
                self.emitter.text(page, delta, bounds).await
            }
        }
    }

    /// A page was read, and its result written.
    pub(super) async fn page_read(&mut self, page: ReadPage, written: Written) -> Result<(), ReaderClosed> {
        let ReadPage { result, size_applied, lowered_dpi, .. } = page;
        self.count(&result);
        self.done += 1;
        self.partial += u32::from(result.outcome == PageOutcome::Partial);
        let boxes = self.emitter.options().boxes.then(|| result.boxes());
        let end = PageEnd {
            page: result.page,
            usage: result.usage,
            finish_reason: result.finish_reason,
            boxes,
            content: result.content.filter(|_| self.emitter.options().content).map(Box::new),
            size_applied,
            lowered_dpi,
            confidence: result.confidence,
            metadata: result.metadata,
            warnings: result.warnings,
            attempts: result.attempts,
        };
        if self.emitter.tells_pages() {
            self.emitter.page_end(end).await?;
        } else {
            self.last_end = Some(end);
        }
        self.after(written)
    }

    /// A page was read, but its result could not be written. It is written with the run's end as it was reported: as failed, with
    /// its text. `result` does not cost the page itself.
    pub(super) async fn page_lost(&mut self, result: PageResult, error: Error) -> Result<(), ReaderClosed> {
        let closed = is_closed(&error).then(|| Error::new(error.code, error.detail.clone()));
        let detail = format!("The page was read, but its text could not be stored. {}", error.detail);
        let error = Error { detail, ..error };
        let page = result.page;
        let result = PageResult { outcome: PageOutcome::Failed(error.to_event()), counts: false, ..result };
        self.count(&result);
        self.unwritten.push(result);
        self.report_failure(page, error).await?;
        closed.map_or(Ok(()), |why| self.stop(why))
    }

    /// A page failed, and its result was written or not.
    pub(super) async fn page_failed(
        &mut self,
        result: PageResult,
        error: Error,
        written: Result<Written, Error>,
    ) -> Result<(), ReaderClosed> {
        self.count(&result);
        let page = result.page;
        if written.is_err() {
            self.unwritten.push(result);
        }
        self.report_failure(page, error).await?;
        match written {
            Ok(written) => self.after(written),
            Err(error) if is_closed(&error) => self.stop(error),
            Err(_) => Ok(()),
        }
    }

    /// A page was stopped. Its result is written with the run's end.
    pub(super) fn page_aborted(&mut self, result: PageResult) {
        self.count(&result);
        self.unwritten.push(result);
    }

    /// A page was skipped, because no tokens were left for it.
    pub(super) fn page_skipped(&mut self) {
        self.skipped += 1;
    }

    async fn report_failure(&mut self, page: u32, error: Error) -> Result<(), ReaderClosed> {
        self.failed += 1;
        let event = error.to_event();
        // Before the first event the failure is the request's, and is logged there.
        if error.cause.is_some() && self.emitter.has_begun() {
            let run = self.run;
            tracing::warn!(%run, page, error = &error as &dyn std::error::Error, "a page failed");
        }
        self.first_error.get_or_insert(error);
        self.emitter.page_error(page, event).await
    }

    /// Counts a page's end for the run, and for the engine that read it last.
    fn count(&mut self, result: &PageResult) {
        self.usage.add_page(&result.usage);
        let outcome = match result.outcome {
            PageOutcome::Done => "done",
            PageOutcome::Partial => "partial",
            PageOutcome::Failed(_) => "failed",
            PageOutcome::Aborted => "aborted",
        };
        EngineMetrics::new(&result.engine).page(outcome, &result.usage);
    }

    /// Stops the run if nobody can see its pages any more. After the last page there is nothing to stop.
    fn after(&mut self, written: Written) -> Result<(), ReaderClosed> {
        match written {
            Written::Unseen if self.done + self.failed < self.all => {
                let detail = "The document was deleted, or its owner disabled, while it was being read.";
                self.stop(Error::new(ErrorCode::NotFound, detail))
            }
            Written::Kept | Written::Unseen => Ok(()),
        }
    }

    fn stop(&mut self, why: Error) -> Result<(), ReaderClosed> {
        self.in_vain = Some(why);
        Err(ReaderClosed)
    }

    /// The status of the run after every page was tried.
    pub(super) fn status(&self) -> RunStatus {
        match (self.done, self.partial + self.skipped, self.failed) {
            (_, 0, 0) => RunStatus::Ok,
            (0, _, 1..) => RunStatus::Failed,
            _ => RunStatus::Partial,
        }
    }

    /// Takes the results that are still to be written.
    pub(super) fn take_unwritten(&mut self) -> Vec<PageResult> {
        std::mem::take(&mut self.unwritten)
    }

    /// Takes the reason why going on was pointless, if it was.
    pub(super) fn take_in_vain(&mut self) -> Option<Error> {
        self.in_vain.take()
    }

    /// Every page was tried: sends the last event. `row` is the run's settled row, if it could be settled.
    pub(super) fn end(&mut self, status: RunStatus, row: Option<&UsageRecord>) {
        let is_single = !self.emitter.tells_pages();
        let pages = (!is_single).then_some(self.done);
        let usage = Usage { pages, ..row.map_or(self.usage, |row| row.usage) };
        match (status, self.first_error.take()) {
            (RunStatus::Failed, Some(error)) if is_single => self.emitter.fail(error),
            (RunStatus::Failed, Some(error)) => {
                let detail = format!("No page could be read. The first failure: {}", error.detail);
                self.emitter.fail(Error { detail, ..error });
            }
            _ => {
                let mut end = self.last_end.take();
                let end = End {
                    usage,
                    finish_reason: end.as_ref().and_then(|end| end.finish_reason.clone()),
                    size_applied: end.as_ref().and_then(|end| end.size_applied.clone()),
                    lowered_dpi: end.as_ref().and_then(|end| end.lowered_dpi),
                    confidence: end.as_ref().and_then(|end| end.confidence),
                    metadata: end.as_ref().and_then(|end| end.metadata.clone()),
                    warnings: end.as_ref().map(|end| end.warnings.clone()).unwrap_or_default(),
                    attempts: end.as_ref().map(|end| end.attempts.clone()).unwrap_or_default(),
                    content: end.as_mut().and_then(|end| end.content.take()),
                    boxes: end.and_then(|end| end.boxes),
                };
                self.emitter.end(end);
            }
        }
    }
}

/// Whether the run was closed by another server, so that nothing of it can be written any more.
fn is_closed(error: &Error) -> bool {
    error.code == ErrorCode::Aborted
}
