//! Admission control: how many runs are active at once, in all and per client, and how many may wait.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use inkstream_wire::ErrorCode;
use tokio::sync::watch;

use crate::{Error, Result, engines::QueuePosition, metrics};

/// The limits over all clients.
#[derive(Debug, Clone, Copy)]
pub struct QueueLimits {
    /// Runs that may be active at once.
    pub max_runs: usize,
    /// Runs that may wait.
    pub queue_max: usize,
}

/// A name by which a caller is limited (user, API key or address), with its limits. A caller has several names, and all of their
/// limits apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The name, unique over all kinds of names.
    pub name: String,
    /// Runs that may be active at once.
    pub max_runs: usize,
    /// Runs that may wait.
    pub queue_max: usize,
}

/// The queue of runs. Runs start in order of arrival, except that a client at its own limit is overtaken by others.
#[derive(Debug, Clone)]
pub struct Queue(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: QueueLimits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    clients: HashMap<String, ClientCounts>,
    /// Tickets in existence: uploading, waiting or running.
    tickets: usize,
    running: usize,
    waiting: VecDeque<Waiting>,
    next_id: u64,
}

#[derive(Debug, Default)]
struct ClientCounts {
    /// Uploading, waiting or running.
    tickets: usize,
    running: usize,
}

#[derive(Debug)]
struct Waiting {
    id: u64,
    clients: Arc<[Client]>,
    position: watch::Sender<QueuePosition>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Uploading,
    Queued,
}

/// Admission to the queue. Dropping it and all its clones leaves the queue. Runs that share a ticket run one after the other.
#[derive(Debug, Clone)]
pub struct Ticket(Arc<TicketState>);

#[derive(Debug)]
struct TicketState {
    queue: Queue,
    id: u64,
    clients: Arc<[Client]>,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    stage: Stage,
    position: watch::Receiver<QueuePosition>,
}

impl Queue {
    /// An empty queue.
    pub fn new(limits: QueueLimits) -> Self {
        Self(Arc::new(Inner { limits, state: Mutex::default() }))
    }

    /// Admits a caller, under each of its names. The ticket counts against the limits from now on, but is queued only by
    /// `Ticket::enqueue`, once the upload is complete, so that a slow upload keeps nobody waiting. A full queue is `Unavailable`
    /// (503), and a client with too many tickets is `TooManyRequests` (429); both carry a `retry_after`.
    pub fn enter(&self, clients: &[Client]) -> Result<Ticket> {
        let limits = &self.0.limits;
        let mut state = self.state();
        if state.tickets >= limits.max_runs + limits.queue_max {
            return Err(Error::new(ErrorCode::Unavailable, "The queue is full. Try again in a moment.").retry_after(5));
        }
        for client in clients {
            let own = state.clients.get(&client.name).map_or(0, |counts| counts.tickets);
            if own >= client.max_runs + client.queue_max {
                let detail = format!("You have {own} runs going already. Wait for one of them to end.");
                return Err(Error::new(ErrorCode::TooManyRequests, detail).retry_after(5));
            }
        }
        state.tickets += 1;
        for client in clients {
            state.clients.entry(client.name.clone()).or_default().tickets += 1;
        }
        state.next_id += 1;
        let (_, position) = watch::channel(QueuePosition::Ahead(0));
        let progress = Mutex::new(Progress { stage: Stage::Uploading, position });
        Ok(Ticket(Arc::new(TicketState { queue: self.clone(), id: state.next_id, clients: clients.into(), progress })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts waiting runs within the limits, in order, and updates the positions of the others.
    fn advance(&self, state: &mut State) {
        let State { clients, waiting, running, .. } = state;
        let limits = &self.0.limits;
        waiting.retain(|entry| {
            if *running >= limits.max_runs {
                return true;
            }
            let running_of = |name: &str| clients.get(name).map_or(0, |counts| counts.running);
            if entry.clients.iter().any(|client| running_of(&client.name) >= client.max_runs) {
                return true;
            }
            for client in &*entry.clients {
                clients.entry(client.name.clone()).or_default().running += 1;
            }
            *running += 1;
            entry.position.send_replace(QueuePosition::Now);
            false
        });
        for (ahead, entry) in waiting.iter().enumerate() {
            let position = QueuePosition::Ahead(u32::try_from(ahead).unwrap_or(u32::MAX));
            entry.position.send_if_modified(|old| std::mem::replace(old, position) != position);
        }
        metrics::queue(*running, waiting.len());
    }
}

impl Ticket {
    /// The first of the caller's names, for which the run's pages are queued at the engine.
    pub(super) fn client(&self) -> Arc<str> {
        self.0.clients.first().map_or("", |client| client.name.as_str()).into()
    }

    /// Queues the ticket and returns its position, which changes as others leave. Does nothing if the ticket is queued or running
    /// already, through a clone.
    pub(super) fn enqueue(&self) -> watch::Receiver<QueuePosition> {
        let TicketState { queue, id, clients, progress } = &*self.0;
        let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.stage == Stage::Uploading {
            progress.stage = Stage::Queued;
            let mut state = queue.state();
            let (position, receiver) = watch::channel(QueuePosition::Ahead(u32::MAX));
            progress.position = receiver;
            state.waiting.push_back(Waiting { id: *id, clients: Arc::clone(clients), position });
            queue.advance(&mut state);
        }
        progress.position.clone()
    }
}

impl Drop for TicketState {
    fn drop(&mut self) {
        let progress = self.progress.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.queue.state();
        state.tickets -= 1;
        let ran = progress.stage == Stage::Queued && *progress.position.borrow() == QueuePosition::Now;
        state.running -= usize::from(ran);
        for client in &*self.clients {
            if let Some(counts) = state.clients.get_mut(&client.name) {
                counts.tickets -= 1;
                counts.running -= usize::from(ran);
                if counts.tickets == 0 {
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

    fn position(ticket: &Ticket) -> QueuePosition {
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
    fn waiting_runs_move_up_as_others_leave() {
        let queue = queue(1, 8);
        let [a, b, c] = ["a", "b", "c"].map(|name| enter(&queue, name));
        assert_eq!(
            [position(&a), position(&b), position(&c)],
            [QueuePosition::Now, QueuePosition::Ahead(0), QueuePosition::Ahead(1)]
        );
        drop(b);
        assert_eq!(position(&c), QueuePosition::Ahead(0));
        drop(a);
        assert_eq!(position(&c), QueuePosition::Now);
    }

    #[test]
    fn a_client_at_its_limit_lets_others_pass() {
        let queue = queue(2, 8);
        let [first, second, other] = ["a", "a", "b"].map(|name| enter(&queue, name));
        assert_eq!(position(&first), QueuePosition::Now);
        assert_eq!(position(&second), QueuePosition::Ahead(0));
        assert_eq!(position(&other), QueuePosition::Now);
        drop(first);
        assert_eq!(position(&second), QueuePosition::Now);
    }

    #[test]
    fn runs_that_share_a_ticket_hold_it_until_the_last_is_over() {
        let queue = queue(1, 8);
        let [first, other] = ["a", "b"].map(|name| enter(&queue, name));
        let second = first.clone();
        assert_eq!([position(&first), position(&other)], [QueuePosition::Now, QueuePosition::Ahead(0)]);
        drop(first);
        assert_eq!([position(&second), position(&other)], [QueuePosition::Now, QueuePosition::Ahead(0)]);
        drop(second);
        assert_eq!(position(&other), QueuePosition::Now);
    }

    #[test]
    fn every_name_of_a_caller_counts() {
        let queue = queue(8, 8);
        let names = |user: &str| [client(user, 4, 0), client("address", 2, 0)];
        let [ada, eve] = ["ada", "eve"].map(|user| queue.enter(&names(user)).unwrap());
        assert_eq!([position(&ada), position(&eve)], [QueuePosition::Now, QueuePosition::Now]);
        assert_eq!(queue.enter(&names("ada")).unwrap_err().code, ErrorCode::TooManyRequests);
        let elsewhere = [client("ada", 4, 0), client("another address", 2, 0)];
        assert_eq!(position(&queue.enter(&elsewhere).unwrap()), QueuePosition::Now);
        drop(eve);
        assert_eq!(position(&queue.enter(&names("ada")).unwrap()), QueuePosition::Now);
    }

    #[test]
    fn a_slow_upload_keeps_nobody_waiting() {
        let queue = queue(1, 8);
        let _uploading = enter(&queue, "slow");
        assert_eq!(position(&enter(&queue, "quick")), QueuePosition::Now);
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
        assert_eq!((state.tickets, state.running, state.waiting.len()), (0, 0, 0));
    }
}
