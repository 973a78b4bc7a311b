use std::{
    process::{Child, ExitStatus},
    sync::mpsc,
};

use tokio::sync::oneshot;

/// A child whose end has begun, to be waited for.
#[derive(Debug)]
pub(super) struct Ended {
    child: Child,
    told: Option<oneshot::Sender<ExitStatus>>,
}

/// A child process. Dropping it kills it at once and has it reaped.
#[derive(Debug)]
pub(super) struct Process {
    child: Option<Child>,
    reaper: mpsc::Sender<Ended>,
}

impl Process {
    pub(super) fn new(child: Child, reaper: mpsc::Sender<Ended>) -> Self {
        Self { child: Some(child), reaper }
    }

    /// Whether it still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Kills it, unless it has died already, and tells how it ended. None while the server stops.
    pub(super) async fn end(mut self) -> Option<ExitStatus> {
        let (told, status) = oneshot::channel();
        self.kill(Some(told));
        status.await.ok()
    }

    fn kill(&mut self, told: Option<oneshot::Sender<ExitStatus>>) {
        if let Some(mut child) = self.child.take() {
            // It fails where the child is dead already: that is what is wanted.
            let _ = child.kill();
            let _ = self.reaper.send(Ended { child, told });
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill(None);
    }
}

/// Waits for each child that was killed, so that none stays a zombie. Returns when no process can come any more.
pub(super) fn reap_all(ended: &mpsc::Receiver<Ended>) {
    for mut ended in ended {
        if let (Ok(status), Some(told)) = (ended.child.wait(), ended.told) {
            // Nobody may be waiting any more.
            let _ = told.send(status);
        }
    }
}
