use std::{
    io,
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::PathBuf,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
};

use tokio::sync::oneshot;

use super::{
    Role,
    process::{Process, reap_all},
};

type Spawned = io::Result<(Process, UnixStream)>;

struct Order {
    role: Role,
    reply: oneshot::Sender<Spawned>,
}

/// The thread that starts all children.
///
/// A child asks the kernel to kill it when its parent dies. The kernel means the parent's *thread*, so the thread that
/// starts children must live as long as the process. Another thread reaps them.
#[derive(Debug, Clone)]
pub(crate) struct Spawner(mpsc::Sender<Order>);

impl Spawner {
    /// Starts the two threads. `program` is run as `program worker ROLE`.
    pub(crate) fn start(program: PathBuf) -> io::Result<Self> {
        let (orders, queue) = mpsc::channel::<Order>();
        let (reaper, ended) = mpsc::channel();
        thread::Builder::new().name("children-reap".into()).spawn(move || reap_all(&ended))?;
        thread::Builder::new().name("children-start".into()).spawn(move || {
            for order in queue {
                let spawned =
                    spawn(&program, order.role).map(|(child, socket)| (Process::new(child, reaper.clone()), socket));
                // If the receiver is gone, the process is dropped and so killed.
                let _ = order.reply.send(spawned);
            }
        })?;
        Ok(Self(orders))
    }

    /// Starts a child.
    pub(super) async fn spawn(&self, role: Role) -> Spawned {
        let (reply, spawned) = oneshot::channel();
        let gone = |_| io::Error::other("the thread that starts children is gone");
        self.0.send(Order { role, reply }).map_err(|error| gone(error.to_string()))?;
        spawned.await.map_err(|error| gone(error.to_string()))?
    }
}

fn spawn(program: &PathBuf, role: Role) -> io::Result<(std::process::Child, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    let child = Command::new(program)
        .args(["worker", role.as_str()])
        .env_clear()
        // libgomp reads this variable when it is loaded. Threads make Tesseract two thirds slower.
        .env("OMP_THREAD_LIMIT", "1")
        .current_dir("/")
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok((child, ours))
}
