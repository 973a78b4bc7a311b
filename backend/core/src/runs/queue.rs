//! Admission: how many runs go at once, in all and for a client, and how many may wait.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use inkstream_wire::ErrorCode;
use tokio::sync::watch;

use crate::{Error, Result, engines::QueuePosition, metrics};

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
    read_start: usize,
    running: usize,
}

#[derive(Debug)]
struct Waiting {
    id: u64,
    clients: Arc<[Client]>,
    turn: watch::Sender<QueuePosition>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Arriving,
    QueueProgress,
}

/// A place in the queue; dropping it and all its clones gives the place up. Runs that share one come one after the other.
#[derive(Debug, Clone)]
pub struct Ticket(Arc<Place>);

#[derive(Debug)]
struct Place {
    queue: Queue,
    id: u64,
    clients: Arc<[Client]>,
    line: Mutex<Line>,
}

#[derive(Debug)]
struct Line {
    stage: Stage,
    turn: watch::Receiver<QueuePosition>,
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
            let own = state.clients.get(&client.name).map_or(0, |places| places.read_start);
            if own >= client.max_runs + client.queue_max {
                let detail = format!("You have {own} runs going already. Wait for one of them to end.");
                return Err(Error::new(ErrorCode::TooManyRequests, detail).retry_after(5));
            }
        }
        state.places += 1;
        for client in clients {
            state.clients.entry(client.name.clone()).or_default().read_start += 1;
        }
        state.next_id += 1;
        let (_, turn) = watch::channel(QueuePosition::Ahead(0));
        let line = Mutex::new(Line { stage: Stage::Arriving, turn });
        Ok(Ticket(Arc::new(Place { queue: self.clone(), id: state.next_id, clients: clients.into(), line })))
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
            entry.turn.send_replace(QueuePosition::Now);
            false
        });
        for (ahead, entry) in waiting.iter().enumerate() {
            let turn = QueuePosition::Ahead(u32::try_from(ahead).unwrap_or(u32::MAX));
            entry.turn.send_if_modified(|old| std::mem::replace(old, turn) != turn);
        }
        metrics::queue(*running, waiting.len());
    }
}

impl Ticket {
    /// The first of its caller's names: whom its pages stand in line for.
    pub(super) fn client(&self) -> Arc<str> {
        self.0.clients.first().map_or("", |client| client.name.as_str()).into()
    }

    /// Stands in line, and returns where: the receiver changes as others leave. Whoever had a turn with this ticket keeps it.
    pub(super) fn enqueue(&self) -> watch::Receiver<QueuePosition> {
        let Place { queue, id, clients, line } = &*self.0;
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        if line.stage == Stage::Arriving {
            line.stage = Stage::QueueProgress;
            let mut state = queue.state();
            let (turn, receiver) = watch::channel(QueuePosition::Ahead(u32::MAX));
            line.turn = receiver;
            state.waiting.push_back(Waiting { id: *id, clients: Arc::clone(clients), turn });
            queue.advance(&mut state);
        }
        line.turn.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let line = self.line.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.queue.state();
        state.places -= 1;
        let ran = line.stage == Stage::QueueProgress && *line.turn.borrow() == QueuePosition::Now;
        state.running -= usize::from(ran);
        for client in &*self.clients {
            if let Some(places) = state.clients.get_mut(&client.name) {
                places.read_start -= 1;
                places.running -= usize::from(ran);
                if places.read_start == 0 {
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

    fn turn(ticket: &Ticket) -> QueuePosition {
        *ticket.enqueue().borrow()
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
        let [a, b, c] = ["a", "b", "c"].map(|name| enter(&queue, name));
        assert_eq!(
            [turn(&a), turn(&b), turn(&c)],
            [QueuePosition::Now, QueuePosition::Ahead(0), QueuePosition::Ahead(1)]
        );
        drop(b);
        assert_eq!(turn(&c), QueuePosition::Ahead(0));
        drop(a);
        assert_eq!(turn(&c), QueuePosition::Now);
    }

    #[test]
    fn a_client_at_its_limit_lets_others_pass() {
        let queue = queue(2, 8);
        let [first, second, other] = ["a", "a", "b"].map(|name| enter(&queue, name));
        assert_eq!(turn(&first), QueuePosition::Now);
        assert_eq!(turn(&second), QueuePosition::Ahead(0));
        assert_eq!(turn(&other), QueuePosition::Now);
        drop(first);
        assert_eq!(turn(&second), QueuePosition::Now);
    }

    #[test]
    fn runs_that_share_a_ticket_keep_its_turn_until_the_last_is_over() {
        let queue = queue(1, 8);
        let [first, other] = ["a", "b"].map(|name| enter(&queue, name));
        let second = first.clone();
        assert_eq!([turn(&first), turn(&other)], [QueuePosition::Now, QueuePosition::Ahead(0)]);
        drop(first);
        assert_eq!([turn(&second), turn(&other)], [QueuePosition::Now, QueuePosition::Ahead(0)]);
        drop(second);
        assert_eq!(turn(&other), QueuePosition::Now);
    }

    #[test]
    fn every_name_of_a_caller_counts() {
        let queue = queue(8, 8);
        let names = |user: &str| [client(user, 4, 0), client("address", 2, 0)];
        let [ada, eve] = ["ada", "eve"].map(|user| queue.enter(&names(user)).unwrap());
        assert_eq!([turn(&ada), turn(&eve)], [QueuePosition::Now, QueuePosition::Now]);
        assert_eq!(queue.enter(&names("ada")).unwrap_err().code, ErrorCode::TooManyRequests);
        let elsewhere = [client("ada", 4, 0), client("another address", 2, 0)];
        assert_eq!(turn(&queue.enter(&elsewhere).unwrap()), QueuePosition::Now);
        drop(eve);
        assert_eq!(turn(&queue.enter(&names("ada")).unwrap()), QueuePosition::Now);
    }

    #[test]
    fn a_slow_upload_keeps_nobody_waiting() {
        let queue = queue(1, 8);
        let _uploading = enter(&queue, "slow");
        assert_eq!(turn(&enter(&queue, "quick")), QueuePosition::Now);
    }

    #[test]
    fn an_empty_queue_forgets_its_clients() {
        let queue = queue(1, 1);
        drop(enter(&queue, "a"));
        let ran = enter(&queue, "a");
        ran.enqueue();
        drop(ran);
        let state = queue.state();
        assert!(state.clients.is_empty());
        assert_eq!((state.places, state.running, state.waiting.len()), (0, 0, 0));
    }
}
