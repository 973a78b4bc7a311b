use std::{future::Future, os::fd::BorrowedFd, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;

use super::{Cause, Role, Spawner, process::Process};
use crate::{
    protocol::{FrameError, Hello, ServerEnd, Setup},
    sandbox::OUT_OF_MEMORY,
};

/// The maximum time in which a child must load its libraries, even on a busy machine.
const START_DEADLINE: Duration = Duration::from_secs(20);
/// The maximum length of the first frame in bytes. It contains at most a sentence.
const MAX_HELLO: usize = 4096;

/// Why an operation failed. The child must be ended after each of these.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChildError {
    /// The child exceeded the deadline.
    #[error("the child took too long")]
    Deadline,
    /// Reading or writing a frame failed.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The child's answer is impossible, or does not belong to the request.
    #[error("the child answered nonsense: {0}")]
    InvalidAnswer(&'static str),
    /// The process could not be started.
    #[error("a child cannot be started: {0}")]
    Spawn(#[from] std::io::Error),
    /// The process started, but cannot work.
    #[error("{0}")]
    Unready(String),
}

/// The time at which an operation must have ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Waits for `work`, but not past the deadline.
    async fn hold<T>(self, work: impl Future<Output = Result<T, FrameError>>) -> Result<T, ChildError> {
        tokio::time::timeout_at(self.0, work).await.map_err(|_| ChildError::Deadline)?.map_err(ChildError::from)
    }
}

/// A child that is ready, and the socket to it. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Session {
    process: Process,
    socket: ServerEnd,
    /// Operations done so far.
    pub(crate) uses: u32,
    /// Whether the child holds next to no memory while it is idle.
    pub(super) is_light: bool,
}

impl Session {
    /// Starts a child and waits until it has dropped its rights.
    pub(crate) async fn start(spawner: &Spawner, role: Role, setup: &Setup) -> Result<Self, ChildError> {
        let (process, socket) = spawner.spawn(role).await?;
        let mut session = Self { process, socket: ServerEnd::new(socket)?, uses: 0, is_light: setup.is_light() };
        let deadline = Deadline::after(START_DEADLINE);
        session.send(setup, None, deadline).await?;
        match session.receive(MAX_HELLO, deadline).await? {
            Hello::Ready => Ok(session),
            Hello::Failed(sentence) => Err(ChildError::Unready(sentence)),
        }
    }

    /// Sends a request.
    pub(crate) async fn send<T: Serialize + Sync>(
        &mut self,
        message: &T,
        descriptor: Option<BorrowedFd<'_>>,
        deadline: Deadline,
    ) -> Result<(), ChildError> {
        deadline.hold(self.socket.send(message, descriptor)).await
    }

    /// Receives an answer of at most `bound` bytes.
    pub(crate) async fn receive<T: DeserializeOwned>(
        &mut self,
        bound: usize,
        deadline: Deadline,
    ) -> Result<T, ChildError> {
        deadline.hold(self.socket.receive(bound)).await
    }

    /// Whether the child's process still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        self.process.is_alive()
    }

    /// Ends the child because of an error, and returns the cause.
    pub(super) async fn fail(self, error: &ChildError) -> Cause {
        let status = self.process.end().await;
        match error {
            ChildError::Deadline => Cause::Deadline,
            ChildError::Frame(FrameError::Protocol(_)) | ChildError::InvalidAnswer(_) => Cause::Protocol,
            ChildError::Spawn(_) | ChildError::Unready(_) => Cause::Unready,
            ChildError::Frame(_) if status.and_then(|status| status.code()) == Some(OUT_OF_MEMORY) => Cause::Memory,
            ChildError::Frame(_) => Cause::Crashed,
        }
    }

    /// Ends the child because it has reached its maximum number of operations, or is no longer needed.
    pub(super) async fn retire(self) {
        self.process.end().await;
    }
}
