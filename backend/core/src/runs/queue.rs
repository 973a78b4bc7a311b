//! Admission: how many runs go at once, in all and for a client, and how many may wait.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use inkstream_wire::ErrorCode;
use tokio::sync::watch;

use crate::{Error, Result, engines::Turn, metrics};

/// What is allowed.
#[derive(Debug, Clone, Copy)]
pub struct QueueLimits {
    /// Runs at once.
    pub max_runs: usize,
    /// Runs that may wait.
    pub queue_max: usize,
}

/// One of the names that a caller goes by (user, key, address), with what it may have; all of a caller's count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The name.
    pub name: String,
    /// Runs at once.
    pub max_runs: usize,
    /// Runs that may wait.
    pub queue_max: usize,
}

/// The queue of runs. Places go in order of arrival, but a client at its own limit lets others pass.
#[derive(Debug, Clone)]
pub struct Queue(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: QueueLimits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    clients: HashMap<String, Places>,
    /// Places taken: still uploading, waiting or running.
    places: usize,
    running: usize,
    waiting: VecDeque<Waiting>,
    next_id: u64,
}

#[derive(Debug, Default)]
struct Places {
    taken: usize,
    running: usize,
}

#[derive(Debug)]
struct Waiting {
    id: u64,
    clients: Arc<[Client]>,
    turn: watch::Sender<Turn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Arriving,
    InLine,
}

/// A place in the queue; dropping it gives the place up.
#[derive(Debug)]
pub struct Ticket {
    queue: Queue,
    id: u64,
    clients: Arc<[Client]>,
    stage: Stage,
    turn: watch::Receiver<Turn>,
}

impl Queue {
    /// An empty queue.
    pub fn new(limits: QueueLimits) -> Self {
        Self(Arc::new(Inner { limits, state: Mutex::default() }))
    }

    /// Takes a place for a caller, under each of its names. The place counts from now on, but stands in line only once the
    /// upload is there, so that a slow upload keeps nobody waiting. A full queue is `Unavailable` (503), a client with too
    /// many of its own is `TooManyRequests` (429); both say when to try again.
    pub fn enter(&self, clients: &[Client]) -> Result<Ticket> {
        let limits = &self.0.limits;
        let mut state = self.state();
        if state.places >= limits.max_runs + limits.queue_max {
            return Err(Error::new(ErrorCode::Unavailable, "The queue is full. Try again in a moment.").retry_after(5));
        }
        for client in clients {
            let own = state.clients.get(&client.name).map_or(0, |places| places.taken);
            if own >= client.max_runs + client.queue_max {
                let detail = format!("You have {own} runs going already. Wait for one of them to end.");
                return Err(Error::new(ErrorCode::TooManyRequests, detail).retry_after(5));
            }
        }
        state.places += 1;
        for client in clients {
            state.clients.entry(client.name.clone()).or_default().taken += 1;
        }
        state.next_id += 1;
        let (_, turn) = watch::channel(Turn::Ahead(0));
        Ok(Ticket { queue: self.clone(), id: state.next_id, clients: clients.into(), stage: Stage::Arriving, turn })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives free places to those who may have them, in order, and tells the others how many stand before them.
    fn advance(&self, state: &mut State) {
        let State { clients, waiting, running, .. } = state;
        let limits = &self.0.limits;
        waiting.retain(|entry| {
            if *running >= limits.max_runs {
                return true;
            }
            let running_of = |name: &str| clients.get(name).map_or(0, |places| places.running);
            if entry.clients.iter().any(|client| running_of(&client.name) >= client.max_runs) {
                return true;
            }
            for client in &*entry.clients {
                clients.entry(client.name.clone()).or_default().running += 1;
            }
            *running += 1;
            entry.turn.send_replace(Turn::Now);
            false
        });
        for (ahead, entry) in waiting.iter().enumerate() {
            let turn = Turn::Ahead(u32::try_from(ahead).unwrap_or(u32::MAX));
            entry.turn.send_if_modified(|old| std::mem::replace(old, turn) != turn);
        }
        metrics::queue(*running, waiting.len());
    }
}

impl Ticket {
    /// The first of its caller's names: whom its pages stand in line for.
    pub(super) fn client(&self) -> Arc<str> {
        self.clients.first().map_or("", |client| client.name.as_str()).into()
    }

    /// Stands in line, and returns where: the receiver changes as others leave.
    pub(super) fn line_up(&mut self) -> watch::Receiver<Turn> {
        if self.stage == Stage::Arriving {
            self.stage = Stage::InLine;
            let mut state = self.queue.state();
            let (turn, receiver) = watch::channel(Turn::Ahead(u32::MAX));
            self.turn = receiver;
            state.waiting.push_back(Waiting { id: self.id, clients: Arc::clone(&self.clients), turn });
            self.queue.advance(&mut state);
        }
        self.turn.clone()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.places -= 1;
        let ran = self.stage == Stage::InLine && *self.turn.borrow() == Turn::Now;
        state.running -= usize::from(ran);
        for client in &*self.clients {
            if let Some(places) = state.clients.get_mut(&client.name) {
                places.taken -= 1;
                places.running -= usize::from(ran);
                if places.taken == 0 {
                    state.clients.remove(&client.name);
                }
            }
        }
        let id = self.id;
        state.waiting.retain(|entry| entry.id != id);
        self.queue.advance(&mut state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(max_runs: usize, queue_max: usize) -> Queue {
        Queue::new(QueueLimits { max_runs, queue_max })
    }

    fn client(name: &str, max_runs: usize, queue_max: usize) -> Client {
        Client { name: name.to_owned(), max_runs, queue_max }
    }

    /// Enters as a client that may have one run at once, and eight that wait.
    fn enter(queue: &Queue, name: &str) -> Ticket {
        queue.enter(&[client(name, 1, 8)]).unwrap()
    }

    fn turn(ticket: &mut Ticket) -> Turn {
        *ticket.line_up().borrow()
    }

    #[test]
    fn a_full_queue_is_503_and_a_greedy_client_429() {
        let queue = queue(1, 2);
        let _first = queue.enter(&[client("a", 1, 1)]).unwrap();
        let _second = queue.enter(&[client("a", 1, 1)]).unwrap();
        let greedy = queue.enter(&[client("a", 1, 1)]).unwrap_err();
        assert_eq!((greedy.code, greedy.retry_after), (ErrorCode::TooManyRequests, Some(5)));
        let _third = enter(&queue, "b");
        assert_eq!(queue.enter(&[client("c", 1, 1)]).unwrap_err().code, ErrorCode::Unavailable);
    }

    #[test]
    fn those_who_wait_move_up_as_others_leave() {
        let queue = queue(1, 8);
        let [mut a, mut b, mut c] = ["a", "b", "c"].map(|name| enter(&queue, name));
        assert_eq!([turn(&mut a), turn(&mut b), turn(&mut c)], [Turn::Now, Turn::Ahead(0), Turn::Ahead(1)]);
        drop(b);
        assert_eq!(turn(&mut c), Turn::Ahead(0));
        drop(a);
        assert_eq!(turn(&mut c), Turn::Now);
    }

    #[test]
    fn a_client_at_its_limit_lets_others_pass() {
        let queue = queue(2, 8);
        let [mut first, mut second, mut other] = ["a", "a", "b"].map(|name| enter(&queue, name));
        assert_eq!(turn(&mut first), Turn::Now);
        assert_eq!(turn(&mut second), Turn::Ahead(0));
        assert_eq!(turn(&mut other), Turn::Now);
        drop(first);
        assert_eq!(turn(&mut second), Turn::Now);
    }

    #[test]
    fn every_name_of_a_caller_counts() {
        let queue = queue(8, 8);
        let names = |user: &str| [client(user, 4, 0), client("address", 2, 0)];
        let [mut ada, mut eve] = ["ada", "eve"].map(|user| queue.enter(&names(user)).unwrap());
        assert_eq!([turn(&mut ada), turn(&mut eve)], [Turn::Now, Turn::Now]);
        assert_eq!(queue.enter(&names("ada")).unwrap_err().code, ErrorCode::TooManyRequests);
        let elsewhere = [client("ada", 4, 0), client("another address", 2, 0)];
        assert_eq!(turn(&mut queue.enter(&elsewhere).unwrap()), Turn::Now);
        drop(eve);
        assert_eq!(turn(&mut queue.enter(&names("ada")).unwrap()), Turn::Now);
    }

    #[test]
    fn a_slow_upload_keeps_nobody_waiting() {
        let queue = queue(1, 8);
        let _uploading = enter(&queue, "slow");
        assert_eq!(turn(&mut enter(&queue, "quick")), Turn::Now);
    }

    #[test]
    fn an_empty_queue_forgets_its_clients() {
        let queue = queue(1, 1);
        drop(enter(&queue, "a"));
        let mut ran = enter(&queue, "a");
        ran.line_up();
        drop(ran);
        let state = queue.state();
        assert!(state.clients.is_empty());
        assert_eq!((state.places, state.running, state.waiting.len()), (0, 0, 0));
    }
}
