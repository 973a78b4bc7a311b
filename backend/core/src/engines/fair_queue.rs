//! Places at an engine: as many pages at once as it reads, and a line before it in which clients take turns.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::metrics::EngineMetrics;

/// Where a page or a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueuePosition {
    /// So many come before it.
    Ahead(u32),
    /// It may go.
    Now,
}

/// The places at one engine. A client with a hundred pages keeps one with a single page waiting for one page, not for a
/// hundred: each in turn gets a place for its first page that waits.
#[derive(Clone)]
pub(super) struct FairQueue {
    state: Arc<Mutex<State>>,
    metrics: Arc<EngineMetrics>,
}

#[derive(Debug)]
struct State {
    permits: usize,
    taken: usize,
    /// Clients with pages that wait, in the order of their turns.
    lines: VecDeque<Line>,
    next_id: u64,
}

#[derive(Debug)]
struct Line {
    client: Arc<str>,
    pages: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    id: u64,
    turn: watch::Sender<QueuePosition>,
}

/// A page's place, in the line or at the engine; dropping it gives it up.
pub(crate) struct Permit {
    queue: FairQueue,
    id: u64,
    turn: watch::Receiver<QueuePosition>,
}

impl FairQueue {
    pub(super) fn new(permits: usize, metrics: Arc<EngineMetrics>) -> Self {
        let state = State { permits: permits.max(1), taken: 0, lines: VecDeque::new(), next_id: 0 };
        Self { state: Arc::new(Mutex::new(state)), metrics }
    }

    /// Stands in line for a page of this client.
    pub(super) fn enqueue(&self, client: &Arc<str>) -> Permit {
        let mut state = self.state();
        state.next_id += 1;
        let id = state.next_id;
        let (sender, turn) = watch::channel(QueuePosition::Ahead(u32::MAX));
        let page = Waiting { id, turn: sender };
        match state.lines.iter_mut().find(|line| line.client == *client) {
            Some(line) => line.pages.push_back(page),
            None => state.lines.push_back(Line { client: Arc::clone(client), pages: [page].into() }),
        }
        self.advance(&mut state);
        Permit { queue: self.clone(), id, turn }
    }

    /// Pages at the engine, and pages that wait.
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
        (self.taken, self.lines.iter().map(|line| line.pages.len()).sum())
    }

    /// Gives free places away, a client after the other, and tells those who wait how many come before them.
    fn advance(&mut self) {
        while self.taken < self.permits {
            let Some(mut line) = self.lines.pop_front() else { return };
            if let Some(page) = line.pages.pop_front() {
                self.taken += 1;
                page.turn.send_replace(QueuePosition::Now);
            }
            if !line.pages.is_empty() {
                self.lines.push_back(line);
            }
        }
        for (permit, line) in self.lines.iter().enumerate() {
            for (round, page) in line.pages.iter().enumerate() {
                // In each round every client has one page; those in front of this one have theirs in this round, too.
                let before = |(other, line): (usize, &Line)| line.pages.len().min(round + usize::from(other < permit));
                let ahead: usize = self.lines.iter().enumerate().map(before).sum();
                let turn = QueuePosition::Ahead(u32::try_from(ahead).unwrap_or(u32::MAX));
                page.turn.send_if_modified(|old| std::mem::replace(old, turn) != turn);
            }
        }
    }
}

impl Permit {
    /// Where it stands.
    pub(crate) fn position(&mut self) -> QueuePosition {
        *self.turn.borrow_and_update()
    }

    /// Waits until it stands elsewhere than [`Self::turn`] told.
    pub(crate) async fn moved(&mut self) {
        // Its sender stands in the line as long as it does.
        let _ = self.turn.changed().await;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        if *self.turn.borrow() == QueuePosition::Now {
            state.taken -= 1;
        } else {
            for line in &mut state.lines {
                line.pages.retain(|page| page.id != self.id);
            }
            state.lines.retain(|line| !line.pages.is_empty());
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

    fn turns<const N: usize>(permits: &[&Permit; N]) -> [QueuePosition; N] {
        permits.map(|permit| *permit.turn.borrow())
    }

    #[test]
    fn clients_take_turns_however_many_pages_they_bring() {
        let queue = queue(1);
        let [reading, greedy_1, greedy_2, modest] = enqueue(&queue, ["greedy", "greedy", "greedy", "modest"]);
        assert_eq!(
            turns(&[&reading, &greedy_1, &greedy_2, &modest]),
            [QueuePosition::Now, QueuePosition::Ahead(0), QueuePosition::Ahead(2), QueuePosition::Ahead(1)]
        );
        assert_eq!(queue.load(), (1, 3));
        drop(reading);
        assert_eq!(
            turns(&[&greedy_1, &modest, &greedy_2]),
            [QueuePosition::Now, QueuePosition::Ahead(0), QueuePosition::Ahead(1)]
        );
        drop(greedy_1);
        assert_eq!(turns(&[&modest, &greedy_2]), [QueuePosition::Now, QueuePosition::Ahead(0)]);
    }

    #[test]
    fn who_gives_up_makes_room_in_line_and_at_the_engine() {
        let queue = queue(2);
        let [first, second, third, fourth] = enqueue(&queue, ["a", "b", "c", "d"]);
        drop(third);
        assert_eq!(
            turns(&[&first, &second, &fourth]),
            [QueuePosition::Now, QueuePosition::Now, QueuePosition::Ahead(0)]
        );
        drop(second);
        assert_eq!(turns(&[&fourth]), [QueuePosition::Now]);
        drop((first, fourth));
        assert_eq!((queue.load(), queue.state().lines.len()), ((0, 0), 0));
    }
}
