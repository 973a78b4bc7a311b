//! Runs: one recognition of pages of a document, as a task of its own.

mod attempts;
mod closing;
mod embedded;
mod emitter;
mod line;
mod live;
mod page;
mod plan;
mod queue;
mod reservation;
mod tally;
mod task;
mod transcript;
mod warnings;

use std::{
    pin::Pin,
    sync::{Arc, atomic::AtomicBool},
    task::{Context, Poll},
};

use futures::Stream;
use inkstream_wire::{
    DocumentId, DocumentKind, ErrorCode, OcrEvent, PageStatus, RunId, RunKind, RunOptions, UsageId, routes,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::DropGuard;
use uuid::Uuid;

pub use live::LiveRuns;
pub use queue::{Client, Queue, QueueLimits, Ticket};
pub use transcript::transcript;

use crate::{
    Error, Result,
    app::App,
    documents::{self, DocumentLinks, Upload},
    owner::Owner,
    ports::NewRun,
    quota::{self, Month},
};
use emitter::{Emitter, Header};
use page::Reading;
use plan::Plan;
use reservation::Reservation;
use task::RunTask;

/// Events that wait for a reader before the run waits for it, too.
const EVENTS_AHEAD: usize = 256;

/// What a run reads.
pub enum Source {
    /// A fresh upload, which becomes a document.
    Upload(Upload),
    /// A stored document.
    Stored(DocumentId),
}

/// A run that has begun. Dropping it cancels the run.
pub struct LiveRun {
    /// The run.
    pub run_id: RunId,
    /// The document.
    pub document_id: DocumentId,
    /// The pages that are read, in order.
    pub pages: Vec<u32>,
    events: mpsc::Receiver<OcrEvent>,
    _cancel: DropGuard,
}

impl Stream for LiveRun {
    type Item = OcrEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<OcrEvent>> {
        self.events.poll_recv(cx)
    }
}

/// Checks everything that can be checked before work is done, puts the run on the ledger and starts its task.
///
/// `ticket` is the place in the queue, taken with [`Queue::enter`] before the upload was read. `kind` is what the route
/// stands for: `Image` and `Pdf` demand that kind (`WrongRoute`); `None` takes the document's own. A single picture that
/// cannot be read at all fails here; later failures are events.
pub async fn start(
    app: &Arc<App>,
    owner: Owner,
    ticket: Ticket,
    source: Source,
    kind: Option<RunKind>,
    options: RunOptions,
) -> Result<LiveRun> {
    let planned = Plan::new(app, &options, matches!(source, Source::Stored(_)));
    // An upload whose run is refused is no document that anyone asked to keep.
    let fresh = matches!(source, Source::Upload(_));
    let (document, input_bytes, plan) = match source {
        Source::Upload(upload) => {
            let plan = match planned {
                Ok(plan) => plan,
                Err(error) => {
                    documents::discard(app, &upload).await;
                    return Err(error);
                }
            };
            let bytes = upload.bytes;
            let password = options.password.clone();
            let checks = |info: &crate::ports::DocumentInfo| {
                demand(kind, info.kind)?;
                plan.selection.resolve(info.pages, |_| false).map(drop)
            };
            (documents::add_opened(app, &owner, upload, password, checks).await?, bytes, plan)
        }
        Source::Stored(id) => {
            let plan = planned?;
            (documents::open(app, &owner, id, options.password.clone()).await?, 0, plan)
        }
    };
    let info = document.pages.info();
    let pages = if matches!(plan.selection, crate::page_range::PageSelection::Missing) {
        let stored = app.store.pages(document.id).await?;
        let done = |number: u32| stored.iter().any(|page| page.page == number && page.status == PageStatus::Done);
        plan.selection.resolve(info.pages, done)?
    } else {
        plan.selection.resolve(info.pages, |_| false)?
    };
    let kind = kind.unwrap_or(match info.kind {
        DocumentKind::Image => RunKind::Image,
        DocumentKind::Pdf => RunKind::Pdf,
    });
    let single = info.kind == DocumentKind::Image && info.pages == 1;
    let engine = plan.legs[0].station.info().clone();
    let run_id = RunId(Uuid::new_v4());
    let now = app.clock.now();
    let user = owner.user;
    let quota = app.auth.policy.quota_of(&owner);
    let client = ticket.client();
    let links = DocumentLinks::new(app, document.id, &owner);
    let begun = app
        .store
        .begin_run(NewRun {
            id: run_id,
            usage_id: UsageId(Uuid::new_v4()),
            owner,
            document: document.id,
            kind,
            model: engine.model.clone(),
            engine: engine.profile.clone(),
            pages: pages.clone(),
            input_bytes,
            created_at: now,
            boot: app.boot,
            lease_until: now + app.limits.lease,
            month: Month::of(now),
            quota,
        })
        .await;
    let begun = match begun {
        Ok(begun) => begun,
        Err(error) => {
            if fresh || !plan.keep {
                let (tasks, app, blob) = (app.tasks.clone(), Arc::clone(app), document.blob);
                let forgotten = async move { documents::forget(&app, document.id, &blob).await };
                // A database that has just kept the caller waiting would do so again.
                if error.code == ErrorCode::Unavailable {
                    tasks.spawn(forgotten);
                } else {
                    forgotten.await;
                }
            }
            return Err(quota::until_renewed(error, now));
        }
    };
    let boxes = plan.legs[0].request.boxes;
    let reservation = begun.reserves_tokens.then(|| Reservation::new(app, run_id, quota));

    let (sender, events) = mpsc::channel(EVENTS_AHEAD);
    let (begun, outcome) = oneshot::channel();
    let cancel = app.stopping.child_token();
    let header = Header {
        kind: info.kind,
        document: document.id,
        run: run_id,
        model: engine.model,
        ignored: plan.ignored,
        pages: (!single).then_some(pages.len() as u32),
        boxes,
        resets: options.resets,
        links,
    };
    let live = LiveRun {
        run_id,
        document_id: document.id,
        pages: pages.clone(),
        events,
        _cancel: cancel.clone().drop_guard(),
    };
    let task = RunTask {
        app: Arc::clone(app),
        ticket,
        cancel,
        emitter: Emitter::new(header, sender, begun, app.limits.stream_stall),
        run: run_id,
        user,
        document: document.id,
        kind,
        pages,
        input_bytes,
        forget: (!plan.keep).then_some(document.blob),
        reading: Arc::new(Reading {
            document: document.pages,
            dpi: plan.dpi,
            embedded: plan.embedded,
            client,
            reservation,
            clock: Arc::clone(&app.clock),
            answered: AtomicBool::new(false),
            legs: plan.legs,
        }),
    };
    app.tasks.spawn(task::run(task));
    match outcome.await {
        Ok(Ok(())) => Ok(live),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::internal("a run's task ended without a word")),
    }
}

/// Checks the document's kind against the route's.
fn demand(route: Option<RunKind>, kind: DocumentKind) -> Result<()> {
    let detail = match (route, kind) {
        (Some(RunKind::Image), DocumentKind::Pdf) => format!("This is a PDF: send it to {}.", routes::OCR_PDF),
        (Some(RunKind::Pdf), DocumentKind::Image) => format!("This is a picture: send it to {}.", routes::OCR_IMAGE),
        _ => return Ok(()),
    };
    Err(Error::new(ErrorCode::WrongRoute, detail))
}
