use std::{future::Future, os::fd::BorrowedFd, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;

use super::{Cause, Role, Spawner, process::Process};
use crate::{
    protocol::{FrameError, Hello, ServerEnd, Setup},
    sandbox::OUT_OF_MEMORY,
};

/// How long a child may take to load its libraries, on a busy machine.
const START: Duration = Duration::from_secs(20);
/// Bytes of a first frame: a sentence.
const HELLO: usize = 4096;

/// What stopped a conversation; the child can then only be ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The answer did not come in time.
    #[error("the child took too long")]
    Deadline,
    /// The socket or what came through it.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// It answered what it cannot know or was not asked.
    #[error("the child answered nonsense: {0}")]
    Nonsense(&'static str),
    /// The process could not be started.
    #[error("a child cannot be started: {0}")]
    Spawn(#[from] std::io::Error),
    /// It started and could not work.
    #[error("{0}")]
    Unready(String),
}

/// The time by which an operation must be over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Waits for `work`, but not past the deadline.
    async fn hold<T>(self, work: impl Future<Output = Result<T, FrameError>>) -> Result<T, Fault> {
        tokio::time::timeout_at(self.0, work).await.map_err(|_| Fault::Deadline)?.map_err(Fault::from)
    }
}

/// A child that is ready, and the socket to it. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Session {
    process: Process,
    socket: ServerEnd,
    /// Operations done so far.
    pub(crate) uses: u32,
    /// Whether it holds next to no memory while it is idle.
    pub(super) is_light: bool,
}

impl Session {
    /// Starts a child and waits until its rights are gone.
    pub(crate) async fn start(spawner: &Spawner, role: Role, setup: &Setup) -> Result<Self, Fault> {
        let (process, socket) = spawner.spawn(role).await?;
        let mut session = Self { process, socket: ServerEnd::new(socket)?, uses: 0, is_light: setup.is_light() };
        let deadline = Deadline::after(START);
        session.send(setup, None, deadline).await?;
        match session.receive(HELLO, deadline).await? {
            Hello::Ready => Ok(session),
            Hello::Failed(sentence) => Err(Fault::Unready(sentence)),
        }
    }

    /// Asks.
    pub(crate) async fn send<T: Serialize + Sync>(
        &mut self,
        message: &T,
        descriptor: Option<BorrowedFd<'_>>,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        deadline.hold(self.socket.send(message, descriptor)).await
    }

    /// Takes an answer of at most `bound` bytes.
    pub(crate) async fn receive<T: DeserializeOwned>(&mut self, bound: usize, deadline: Deadline) -> Result<T, Fault> {
        deadline.hold(self.socket.receive(bound)).await
    }

    /// Whether its process still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        self.process.is_alive()
    }

    /// Ends it for a fault, and tells what was behind that.
    pub(super) async fn fail(self, fault: &Fault) -> Cause {
        let status = self.process.end().await;
        match fault {
            Fault::Deadline => Cause::Deadline,
            Fault::Frame(FrameError::Protocol(_)) | Fault::Nonsense(_) => Cause::Protocol,
            Fault::Spawn(_) | Fault::Unready(_) => Cause::Unready,
            Fault::Frame(_) if status.and_then(|status| status.code()) == Some(OUT_OF_MEMORY) => Cause::Memory,
            Fault::Frame(_) => Cause::Crashed,
        }
    }

    /// Ends it because its time is over.
    pub(super) async fn retire(self) {
        self.process.end().await;
    }
}
