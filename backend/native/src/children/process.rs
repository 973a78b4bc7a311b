use std::{
    process::{Child, ExitStatus},
    sync::mpsc,
};

use tokio::sync::oneshot;

/// A killed child that must be reaped.
#[derive(Debug)]
pub(super) struct Ended {
    child: Child,
    status_sender: Option<oneshot::Sender<ExitStatus>>,
}

/// A child process. Dropping it kills it at once; the reaper then waits for it.
#[derive(Debug)]
pub(super) struct Process {
    child: Option<Child>,
    reaper: mpsc::Sender<Ended>,
}

impl Process {
    pub(super) fn new(child: Child, reaper: mpsc::Sender<Ended>) -> Self {
        Self { child: Some(child), reaper }
    }

    /// Whether the process still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Kills the process unless it has ended, and returns its exit status. `None` while the server stops.
    pub(super) async fn end(mut self) -> Option<ExitStatus> {
        let (status_sender, status) = oneshot::channel();
        self.kill(Some(status_sender));
        status.await.ok()
    }

    fn kill(&mut self, status_sender: Option<oneshot::Sender<ExitStatus>>) {
        if let Some(mut child) = self.child.take() {
            // This fails only if the child has already ended.
            let _ = child.kill();
            let _ = self.reaper.send(Ended { child, status_sender });
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill(None);
    }
}

/// Waits for each killed child, so that none stays a zombie. Returns when all senders are gone.
pub(super) fn reap_all(ended: &mpsc::Receiver<Ended>) {
    for mut ended in ended {
        if let (Ok(status), Some(status_sender)) = (ended.child.wait(), ended.status_sender) {
            // The receiver may be gone.
            let _ = status_sender.send(status);
        }
    }
}
