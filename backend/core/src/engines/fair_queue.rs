//! The queue of pages in front of one engine: as many permits as the engine reads pages at once, handed out to clients in
//! round-robin order.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::metrics::EngineMetrics;

/// The position of a page or a run in its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueuePosition {
    /// This many entries come before it.
    Ahead(u32),
    /// It has left the queue and may go on.
    Now,
}

/// The permits of one engine. Round robin over the clients: a client with a hundred pages makes a client with a single page
/// wait for one page, not for a hundred.
#[derive(Clone)]
pub(super) struct FairQueue {
    state: Arc<Mutex<State>>,
    metrics: Arc<EngineMetrics>,
}

#[derive(Debug)]
struct State {
    permits: usize,
    /// Permits that are held.
    in_use: usize,
    /// Clients with waiting pages; the first is served next.
    clients: VecDeque<ClientQueue>,
    next_id: u64,
}

#[derive(Debug)]
struct ClientQueue {
    client: Arc<str>,
    pages: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    id: u64,
    position: watch::Sender<QueuePosition>,
}

/// A page's entry in the queue, and its permit once it is [`QueuePosition::Now`]. Dropping it leaves the queue or returns the
/// permit.
pub(crate) struct Permit {
    queue: FairQueue,
    id: u64,
    position: watch::Receiver<QueuePosition>,
}

impl FairQueue {
    pub(super) fn new(permits: usize, metrics: Arc<EngineMetrics>) -> Self {
        let state = State { permits: permits.max(1), in_use: 0, clients: VecDeque::new(), next_id: 0 };
        Self { state: Arc::new(Mutex::new(state)), metrics }
    }

    /// Queues a page of this client.
    pub(super) fn enqueue(&self, client: &Arc<str>) -> Permit {
        let mut state = self.state();
        state.next_id += 1;
        let id = state.next_id;
        let (sender, position) = watch::channel(QueuePosition::Ahead(u32::MAX));
        let page = Waiting { id, position: sender };
        match state.clients.iter_mut().find(|queue| queue.client == *client) {
            Some(queue) => queue.pages.push_back(page),
            None => state.clients.push_back(ClientQueue { client: Arc::clone(client), pages: [page].into() }),
        }
        self.advance(&mut state);
        Permit { queue: self.clone(), id, position }
    }

    /// Pages at the engine, and pages that wait, in this order.
    pub(super) fn load(&self) -> (usize, usize) {
        self.state().load()
    }

    fn advance(&self, state: &mut State) {
        state.advance();
        let (reading, waiting) = state.load();
        self.metrics.load(reading, waiting);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn load(&self) -> (usize, usize) {
        (self.in_use, self.clients.iter().map(|queue| queue.pages.len()).sum())
    }

    /// Hands out free permits, one per client in turn, and updates the position of every waiting page.
    fn advance(&mut self) {
        while self.in_use < self.permits {
            let Some(mut queue) = self.clients.pop_front() else { return };
            if let Some(page) = queue.pages.pop_front() {
                self.in_use += 1;
                page.position.send_replace(QueuePosition::Now);
            }
            if !queue.pages.is_empty() {
                self.clients.push_back(queue);
            }
        }
        for (client, queue) in self.clients.iter().enumerate() {
            for (round, page) in queue.pages.iter().enumerate() {
                // Each round serves one page of every client; clients in front of this one are served earlier in its round.
                let before =
                    |(other, queue): (usize, &ClientQueue)| queue.pages.len().min(round + usize::from(other < client));
                let ahead: usize = self.clients.iter().enumerate().map(before).sum();
                let position = QueuePosition::Ahead(u32::try_from(ahead).unwrap_or(u32::MAX));
                page.position.send_if_modified(|old| std::mem::replace(old, position) != position);
            }
        }
    }
}

impl Permit {
    /// The current position; [`Self::changed`] waits for the next one.
    pub(crate) fn position(&mut self) -> QueuePosition {
        *self.position.borrow_and_update()
    }

    /// Waits until the position differs from the one that [`Self::position`] returned last.
    pub(crate) async fn changed(&mut self) {
        // The sender stays in the queue as long as the position can change.
        let _ = self.position.changed().await;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        if *self.position.borrow() == QueuePosition::Now {
            state.in_use -= 1;
        } else {
            for queue in &mut state.clients {
                queue.pages.retain(|page| page.id != self.id);
            }
            state.clients.retain(|queue| !queue.pages.is_empty());
        }
        self.queue.advance(&mut state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(permits: usize) -> FairQueue {
        FairQueue::new(permits, Arc::new(EngineMetrics::new("m")))
    }

    fn enqueue<const N: usize>(queue: &FairQueue, clients: [&str; N]) -> [Permit; N] {
        clients.map(|client| queue.enqueue(&client.into()))
    }

    fn positions<const N: usize>(permits: &[&Permit; N]) -> [QueuePosition; N] {
        permits.map(|permit| *permit.position.borrow())
    }

    #[test]
    fn clients_take_turns_however_many_pages_they_bring() {
        let queue = queue(1);
        let [reading, greedy_1, greedy_2, modest] = enqueue(&queue, ["greedy", "greedy", "greedy", "modest"]);
        assert_eq!(
            positions(&[&reading, &greedy_1, &greedy_2, &modest]),
            [QueuePosition::Now, QueuePosition::Ahead(0), QueuePosition::Ahead(2), QueuePosition::Ahead(1)]
        );
        assert_eq!(queue.load(), (1, 3));
        drop(reading);
        assert_eq!(
            positions(&[&greedy_1, &modest, &greedy_2]),
            [QueuePosition::Now, QueuePosition::Ahead(0), QueuePosition::Ahead(1)]
        );
        drop(greedy_1);
        assert_eq!(positions(&[&modest, &greedy_2]), [QueuePosition::Now, QueuePosition::Ahead(0)]);
    }

    #[test]
    fn a_dropped_permit_frees_its_place_in_the_queue_or_at_the_engine() {
        let queue = queue(2);
        let [first, second, third, fourth] = enqueue(&queue, ["a", "b", "c", "d"]);
        drop(third);
        assert_eq!(
            positions(&[&first, &second, &fourth]),
            [QueuePosition::Now, QueuePosition::Now, QueuePosition::Ahead(0)]
        );
        drop(second);
        assert_eq!(positions(&[&fourth]), [QueuePosition::Now]);
        drop((first, fourth));
        assert_eq!((queue.load(), queue.state().clients.len()), ((0, 0), 0));
    }
}
