//! The end of the process: what it must wait for, and the signal to stop.

use std::future::Future;

use tokio::sync::oneshot;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument as _;

use crate::{Error, Result};

/// Shared by everything that must not be cut off when the process ends. Clones are the same lifecycle.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    /// Work in flight: shutdown waits for it.
    pub tasks: TaskTracker,
    /// Cancelled when the server stops: runs settle as `aborted`.
    pub stopping: CancellationToken,
}

impl Lifecycle {
    /// Runs `work` in its own task and waits for it. If the caller is dropped, as a request's handler is when its connection closes,
    /// the work still runs to its end, so that several steps are never left half done.
    pub(crate) async fn run_to_completion<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (done, outcome) = oneshot::channel();
        let task = async move {
            // If nobody waits any more, drop the result here, while shutdown still waits for this task.
            let _ = done.send(work.await);
        };
        self.tasks.spawn(task.in_current_span());
        // Do not repeat the panic's message, which may contain anything.
        outcome.await.map_err(|_| Error::internal("a task panicked"))?
    }

    /// Stops the runs and waits for all work in flight.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.settled().await;
    }

    /// Waits until no work is in flight.
    pub async fn settled(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }
}
