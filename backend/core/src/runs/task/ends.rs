//! How pages end, and the run: what is written of them, and what is told.

use std::{pin::pin, sync::Arc};

use inkstream_content::PageContent;
use inkstream_wire::{End, ErrorCode, PageEnd, RunStatus, Task, Usage};

use super::{Progress, RunTask};
use crate::{
    Error,
    metrics::{self, EngineMetrics},
    ports::{Finish, PageOutcome, PageResult, UsageRecord, Written},
    runs::{
        accumulator::PageAccumulator,
        closing::{self, Closing},
        emitter::ReaderClosed,
    },
};

impl RunTask {
    /// A page was read: it is written, and then told.
    pub(super) async fn page_finished(
        &mut self,
        page: u32,
        finish: Finish,
        progress: &mut Progress,
    ) -> Result<(), ReaderClosed> {
        let accumulator = progress.open.entry(page).or_default();
        accumulator.finish(&finish, self.reading.first().request.task);
        let lowered_dpi = accumulator.read_start.as_ref().and_then(|read_start| read_start.lowered_dpi);
        let outcome = accumulator.outcome();
        let record = self.record(page, outcome, progress);
        let written = match self.write(&record).await {
            Ok(written) => written,
            Err(error) => {
                let closed = is_closed(&error).then(|| Error::new(error.code, error.detail.clone()));
                let detail = format!("The page was read, but its text could not be stored. {}", error.detail);
                let error = Error { detail, ..error };
                // It is written with the run's end as what was told of it: failed, with its text.
                let its_own = self.app.prices.page(&record.model, true, &Usage::default());
                let cost = record.cost.zip(its_own).map(|(cost, its_own)| cost - its_own);
                let outcome = PageOutcome::Failed(error.to_event());
                let record = PageResult { outcome, counts: false, cost, ..record };
                count(&record);
                progress.unwritten.push(record);
                self.tell_failure(page, error, progress).await?;
                return closed.map_or(Ok(()), |why| in_vain(progress, why));
            }
        };
        count(&record);
        progress.done += 1;
        progress.partial += u32::from(record.outcome == PageOutcome::Partial);
        let end = PageEnd {
            page,
            usage: record.usage,
            finish_reason: finish.reason,
            boxes: self.reading.first().request.boxes.then_some(finish.boxes),
            content: record.content.filter(|_| self.emitter.sends_content()).map(Box::new),
            size_applied: finish.size_applied,
            lowered_dpi,
            confidence: finish.confidence,
            metadata: finish.metadata,
            warnings: record.warnings,
            attempts: record.attempts,
        };
        if self.emitter.tells_pages() {
            self.emitter.page_end(end).await?;
        } else {
            progress.last_end = Some(end);
        }
        go_on(written, progress)
    }

    /// A page failed: what had come of it is written, and the failure told.
    pub(super) async fn page_failed(
        &mut self,
        page: u32,
        error: Error,
        progress: &mut Progress,
    ) -> Result<(), ReaderClosed> {
        let record = self.record(page, PageOutcome::Failed(error.to_event()), progress);
        count(&record);
        let written = self.write(&record).await;
        if written.is_err() {
            progress.unwritten.push(record);
        }
        self.tell_failure(page, error, progress).await?;
        match written {
            Ok(written) => go_on(written, progress),
            Err(error) if is_closed(&error) => in_vain(progress, error),
            Err(_) => Ok(()),
        }
    }

    async fn tell_failure(&mut self, page: u32, error: Error, progress: &mut Progress) -> Result<(), ReaderClosed> {
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
    fn record(&self, page: u32, outcome: PageOutcome, progress: &mut Progress) -> PageResult {
        let accumulator = progress.open.remove(&page).unwrap_or_default();
        let usage = accumulator.usage();
        progress.usage.add_page(&usage);
        let read_start = accumulator.read_start.as_ref();
        let model = read_start
            .map_or(&self.reading.first().handle.info().identity.model, |read_start| &read_start.model)
            .clone();
        // Who hangs up on the last word has had the page all the same.
        let counts = match outcome {
            PageOutcome::Done | PageOutcome::Partial => true,
            PageOutcome::Aborted => !accumulator.text.is_empty(),
            PageOutcome::Failed(_) => false,
        };
        let cost = accumulator.cost(&model, counts, &self.app.prices);
        let attempts = accumulator.told_attempts();
        let content = match outcome {
            PageOutcome::Done | PageOutcome::Partial => self.content(&accumulator),
            PageOutcome::Failed(_) | PageOutcome::Aborted => None,
        };
        PageResult {
            run: self.run,
            document: self.document,
            page,
            outcome,
            size: read_start.map(|read_start| (read_start.width, read_start.height)),
            dpi: read_start.and_then(|read_start| read_start.dpi),
            locates: self.reading.first().request.task == Task::Locate,
            rotation: read_start.map_or(0, |read_start| read_start.rotation),
            text: accumulator.text,
            boxes: accumulator.boxes,
            confidence: accumulator.confidence,
            finish_reason: accumulator.finish_reason,
            usage,
            counts,
            cost,
            model,
            metadata: accumulator.metadata,
            warnings: accumulator.warnings,
            content,
            attempts,
            finished_at: self.app.clock.now(),
        }
    }

    /// What was read as blocks, lines, words and tables; `None` where the page was searched rather than read.
    fn content(&self, accumulator: &PageAccumulator) -> Option<PageContent> {
        let request = &self.reading.first().request;
        if request.task == Task::Locate || accumulator.text.trim().is_empty() {
            return None;
        }
        let image = accumulator.read_start.as_ref();
        Some(PageContent {
            width: image.map(|image| image.width),
            height: image.map(|image| image.height),
            rotation: image.map_or(0, |image| image.rotation),
            languages: request.languages.clone(),
            ..inkstream_content::from_text(&accumulator.text, &accumulator.boxes)
        })
    }

    /// Writes a page's end in one transaction with its usage. While that takes long, the reader hears that the run lives.
    async fn write(&mut self, record: &PageResult) -> Result<Written, Error> {
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
    pub(super) async fn close(mut self, progress: Progress) -> Option<Closing> {
        let status = match (progress.done, progress.partial + progress.passed_over, progress.failed) {
            (_, 0, 0) => RunStatus::Ok,
            (0, _, 1..) => RunStatus::Failed,
            _ => RunStatus::Partial,
        };
        let pages = self.emitter.tells_pages().then_some(progress.done);
        let mut closing = Closing::new(&self.app, self.run, self.kind, status, progress.unwritten);
        let settled = closing.attempt().await;
        let unsettled = settled.is_err().then_some(closing);
        let told = settled.ok().flatten().map_or(progress.usage, |row| usage_of(&row));
        let usage = Usage { pages, ..told };
        match (status, progress.first_error) {
            (RunStatus::Failed, Some(error)) if pages.is_some() => {
                let detail = format!("No page could be read. The first failure: {}", error.detail);
                self.emitter.fail(Error { detail, ..error });
            }
            (RunStatus::Failed, Some(error)) => self.emitter.fail(error),
            _ => {
                let mut end = progress.last_end;
                let end = End {
                    usage,
                    finish_reason: end.as_ref().and_then(|end| end.finish_reason.clone()),
                    size_applied: end.as_ref().and_then(|end| end.size_applied),
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
        unsettled
    }

    /// The reader left, or the server stops: what was used so far is written down.
    pub(super) async fn abort(mut self, mut progress: Progress) -> Option<Closing> {
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
            self.emitter.fail(error);
        } else if let Some(error) = progress.in_vain {
            self.emitter.fail(error);
        } else if self.cancel.is_cancelled() {
            self.emitter.fail(Error::new(ErrorCode::Aborted, "The run was stopped."));
        } else if self.emitter.is_cut() {
            let run = self.run;
            metrics::reader_cut();
            tracing::info!(%run, "a reader took its events too slowly, and was cut");
            let detail = "The run was stopped, because its events were taken too slowly. What was read is kept.";
            self.emitter.fail(Error::new(ErrorCode::Aborted, detail));
        }
        unsettled
    }
}

/// Whether there is use in reading on, by what became of a page. The last one has nothing after it that could be in vain.
fn go_on(written: Written, progress: &mut Progress) -> Result<(), ReaderClosed> {
    match written {
        Written::Unseen if progress.done + progress.failed < progress.all => {
            let detail = "The document was deleted, or its owner disabled, while it was being read.";
            in_vain(progress, Error::new(ErrorCode::NotFound, detail))
        }
        Written::Kept | Written::Unseen => Ok(()),
    }
}

/// There is no use in reading on.
fn in_vain(progress: &mut Progress, why: Error) -> Result<(), ReaderClosed> {
    progress.in_vain = Some(why);
    Err(ReaderClosed)
}

/// The run was closed by another server, or by none that knew of this task: nothing of it can be written any more.
fn is_closed(error: &Error) -> bool {
    error.code == ErrorCode::Aborted
}

/// Counts a page's end for the engine that had it last.
fn count(record: &PageResult) {
    let outcome = match record.outcome {
        PageOutcome::Done => "done",
        PageOutcome::Partial => "partial",
        PageOutcome::Failed(_) => "failed",
        PageOutcome::Aborted => "aborted",
    };
    EngineMetrics::new(&record.model).page(outcome, &record.usage);
}

/// What a run has used, as its row has it.
fn usage_of(row: &UsageRecord) -> Usage {
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
