//! Beginning a run: check the request, open and store the document, insert the ledger row, start the task.

use std::sync::Arc;

use inkstream_wire::{DocumentId, DocumentKind, ErrorCode, OcrEvent, RunId, RunKind, RunOptions, UsageId, routes};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Runs, Source, Ticket,
    bound::TokenBound,
    emitter::{Emitter, Header, Reader},
    pages::RunPages,
    plan::Plan,
    progress::Progress,
    task::{self, RunTask},
};
use crate::{
    Error, Result,
    documents::{self, DocumentUrls, Keep, Opened, Upload},
    owner::Owner,
    page_range::PageSelection,
    page_reader::{PageReader, PageSource, TokenReservation},
    ports::{DocumentInfo, NewRun},
    quota::{self, Month},
};

/// Events that are buffered for a slow reader before the run waits for it.
const EVENT_BUFFER: usize = 256;

/// A request for a run. Dropping it drops the ticket, and with it the place in the queue.
pub(super) struct Request {
    pub(super) runs: Arc<Runs>,
    pub(super) owner: Owner,
    pub(super) ticket: Ticket,
    pub(super) kind: Option<RunKind>,
    pub(super) options: RunOptions,
    /// The token bound that the run shares with the other runs of the same answer.
    pub(super) bound: Option<TokenBound>,
    /// Cancelled when the caller disconnects or the server stops.
    pub(super) cancel: CancellationToken,
}

/// A run whose task has started.
pub(super) struct StartedRun {
    pub(super) run_id: RunId,
    pub(super) document_id: DocumentId,
    pub(super) pages: Vec<u32>,
    pub(super) events: mpsc::Receiver<OcrEvent>,
    pub(super) last: oneshot::Receiver<OcrEvent>,
    /// Sent once: the stream has begun, or the run failed before its first event.
    pub(super) outcome: oneshot::Receiver<Result<()>>,
}

impl Request {
    /// Begins the run. This must run to completion: dropped between two steps, a document, a row or a reservation would
    /// be left over.
    pub(super) async fn begin(self, source: Source) -> Result<StartedRun> {
        let runs = &self.runs;
        let planned = Plan::new(runs, &self.options, matches!(source, Source::Stored(_)));
        // If the run is refused, the document of an upload is deleted again: nobody asked to keep it.
        let is_upload = matches!(source, Source::Upload(_));
        let (document, input_bytes, plan) = match source {
            Source::Upload(upload) => {
                let bytes = upload.bytes;
                let (document, plan) = self.store(upload, planned).await?;
                (document, bytes, plan)
            }
            Source::Stored(id) => {
                let plan = planned?;
                (documents::open(&runs.documents, &self.owner, id, self.options.password.clone()).await?, 0, plan)
            }
        };
        let info = document.pages.info();
        let pages = if matches!(plan.selection, PageSelection::Missing) {
            let missing = runs.store.missing_pages(document.id).await?;
            plan.selection.resolve(info.pages, |page| missing.binary_search(&page).is_err())?
        } else {
            plan.selection.resolve(info.pages, |_| false)?
        };
        let kind = self.kind.unwrap_or(match info.kind {
            DocumentKind::Image => RunKind::Image,
            DocumentKind::Pdf => RunKind::Pdf,
        });
        let single = info.kind == DocumentKind::Image && info.pages == 1;
        let engine = plan.pages.route.handle.info().clone();
        let run_id = RunId(Uuid::new_v4());
        let now = runs.clock.now();
        let user = self.owner.user;
        let quota = runs.quotas.limits_for(self.owner.anonymous);
        let links = DocumentUrls::new(&runs.documents, document.id, &self.owner);
        // Register the run before its row exists, so that deleting the document from now on cancels the run.
        let live_guard = runs.live_runs.enter(run_id, user, document.id, self.cancel.clone());
        let begun = runs
            .store
            .begin_run(NewRun {
                id: run_id,
                usage_id: UsageId(Uuid::new_v4()),
                owner: self.owner.clone(),
                document: document.id,
                kind,
                model: engine.identity.model.clone(),
                engine: engine.identity.profile.clone(),
                pages: pages.clone(),
                input_bytes,
                created_at: now,
                boot: runs.boot,
                lease_until: now + runs.limits.lease,
                ends_document: !plan.keep,
                month: Month::at(now),
                quota,
            })
            .await;
        let begun = match begun {
            Ok(begun) => begun,
            Err(error) => {
                if is_upload || !plan.keep {
                    self.forget(document, &error).await;
                }
                return Err(quota::until_renewed(error, now));
            }
        };
        let boxes = plan.pages.route.request.boxes;
        // The run does not keep the password for longer than it needs it.
        let options = RunOptions { boxes, password: None, ..self.options };
        if let Some(bound) = &self.bound {
            bound.begin(&pages);
        }
        let reservation = begun.reserves_tokens.then(|| {
            let (store, clock) = (Arc::clone(&runs.store), Arc::clone(&runs.clock));
            Arc::new(TokenReservation::new(store, runs.lifecycle.clone(), clock, run_id, quota))
        });

        let (sender, events) = mpsc::channel(EVENT_BUFFER);
        let (last_sender, last) = oneshot::channel();
        let reader = Reader {
            events: sender,
            last: last_sender,
            stall: runs.limits.stream_stall,
            min_rate: runs.limits.stream_min_rate,
        };
        let (begun, outcome) = oneshot::channel();
        let header = Header {
            kind: info.kind,
            document: document.id,
            run: run_id,
            model: engine.identity.model,
            ignored: plan.ignored,
            pages: (!single).then_some(pages.len() as u32),
            options,
            links,
        };
        let handle = Arc::clone(&plan.pages.route.handle);
        let progress =
            Progress::new(Emitter::new(header, reader, begun), run_id, handle, pages.len() as u32, input_bytes);
        let progress = Arc::new(Mutex::new(progress));
        let reader = PageReader::new(PageSource {
            run: run_id,
            document_id: document.id,
            document: document.pages,
            plan: plan.pages,
            client: self.ticket.client(),
            reservation: reservation.clone(),
            page_deadline: runs.limits.page_deadline,
            prices: Arc::clone(&runs.prices),
            clock: Arc::clone(&runs.clock),
        });
        let run_pages = RunPages {
            runs: Arc::clone(runs),
            reader,
            bound: self.bound,
            reservation,
            progress: Arc::clone(&progress),
            stop: self.cancel.child_token(),
        };
        let started = RunTask {
            runs: Arc::clone(runs),
            ticket: self.ticket,
            cancel: self.cancel,
            run: run_id,
            live_guard: Some(live_guard),
            document: document.id,
            kind,
            page_numbers: pages.clone(),
            pages: Arc::new(run_pages),
            progress,
            forget: (!plan.keep).then_some(document.blob),
        };
        runs.lifecycle.tasks.spawn(task::run(started));
        Ok(StartedRun { run_id, document_id: document.id, pages, events, last, outcome })
    }

    /// Stores the upload as a document, if the plan can be carried out on it. Discards the upload on an error.
    async fn store(&self, upload: Upload, planned: Result<Plan>) -> Result<(Opened, Plan)> {
        match self.open_upload(&upload, planned).await {
            Ok((pages, plan)) => {
                let lease = self.runs.limits.lease;
                let keep = if plan.keep { Keep::Long } else { Keep::UntilRunEnds { lease } };
                Ok((documents::store_upload(&self.runs.documents, &self.owner, upload, pages, keep).await?, plan))
            }
            Err(error) => {
                upload.discard().await;
                Err(error)
            }
        }
    }

    async fn open_upload(
        &self,
        upload: &Upload,
        planned: Result<Plan>,
    ) -> Result<(Box<dyn crate::ports::OpenDocument>, Plan)> {
        let plan = planned?;
        let pages = tokio::select! {
            opened = documents::open_upload(&self.runs.documents, upload, self.options.password.clone()) => opened?,
            // Opening may take long, and nobody waits for it any more.
            () = self.cancel.cancelled() => return Err(Error::new(ErrorCode::Unavailable, "The server is stopping.")),
        };
        let info: DocumentInfo = pages.info();
        check_kind(self.kind, info.kind)?;
        plan.selection.resolve(info.pages, |_| false)?;
        Ok((pages, plan))
    }

    /// Deletes the document of a run that was refused.
    async fn forget(&self, document: Opened, error: &Error) {
        let documents = Arc::clone(&self.runs.documents);
        let deletion = async move { documents::forget(&documents, document.id, &document.blob).await };
        // The database has just kept the caller waiting and would do so again: delete in the background.
        if error.code == ErrorCode::Unavailable {
            self.runs.lifecycle.tasks.spawn(deletion);
        } else {
            deletion.await;
        }
    }
}

/// Checks that the route accepts the document's kind.
fn check_kind(route: Option<RunKind>, kind: DocumentKind) -> Result<()> {
    let detail = match (route, kind) {
        (Some(RunKind::Image), DocumentKind::Pdf) => format!("This is a PDF: send it to {}.", routes::OCR_PDF),
        (Some(RunKind::Pdf), DocumentKind::Image) => format!("This is an image: send it to {}.", routes::OCR_IMAGE),
        _ => return Ok(()),
    };
    Err(Error::new(ErrorCode::WrongRoute, detail))
}
