//! Runs: one recognition of pages of a document, as a task that outlives no reader.

mod queue;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::Stream;
use inkstream_wire::{DocumentId, OcrEvent, RunId, RunKind, RunOptions};

pub use queue::{Queue, QueueLimits, Ticket};

use crate::{Result, app::App, documents::Upload, owner::Owner};

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
    events: tokio::sync::mpsc::Receiver<OcrEvent>,
    _cancel: tokio_util::sync::DropGuard,
}

impl Stream for LiveRun {
    type Item = OcrEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<OcrEvent>> {
        self.events.poll_recv(cx)
    }
}

/// Checks everything that can be checked before work is done, puts the run on the ledger and starts its task. `ticket`
/// is the place in the queue, taken (with [`Queue::enter`]) before the upload was read. `kind` Image or Pdf from the
/// route demands that kind (`WrongRoute`); `None` takes the document's own.
pub async fn start(
    app: &Arc<App>,
    owner: Owner,
    ticket: Ticket,
    source: Source,
    kind: Option<RunKind>,
    options: RunOptions,
) -> Result<LiveRun> {
    let _ = (app, owner, ticket, source, kind, options);
    todo!()
}
