//! Places at an engine: as many pages at once as it reads, and a line before it in which clients take turns.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::metrics::EngineMetrics;

/// Where a page or a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// So many come before it.
    Ahead(u32),
    /// It may go.
    Now,
}

/// The places at one engine. A client with a hundred pages keeps one with a single page waiting for one page, not for a
/// hundred: each in turn gets a place for its first page that waits.
#[derive(Clone)]
pub(super) struct Gate {
    state: Arc<Mutex<State>>,
    metrics: Arc<EngineMetrics>,
}

#[derive(Debug)]
struct State {
    places: usize,
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
    turn: watch::Sender<Turn>,
}

/// A page's place, in the line or at the engine; dropping it gives it up.
pub(crate) struct Place {
    gate: Gate,
    id: u64,
    turn: watch::Receiver<Turn>,
}

impl Gate {
    pub(super) fn new(places: usize, metrics: Arc<EngineMetrics>) -> Self {
        let state = State { places: places.max(1), taken: 0, lines: VecDeque::new(), next_id: 0 };
        Self { state: Arc::new(Mutex::new(state)), metrics }
    }

    /// Stands in line for a page of this client.
    pub(super) fn line_up(&self, client: &Arc<str>) -> Place {
        let mut state = self.state();
        state.next_id += 1;
        let id = state.next_id;
        let (sender, turn) = watch::channel(Turn::Ahead(u32::MAX));
        let page = Waiting { id, turn: sender };
        match state.lines.iter_mut().find(|line| line.client == *client) {
            Some(line) => line.pages.push_back(page),
            None => state.lines.push_back(Line { client: Arc::clone(client), pages: [page].into() }),
        }
        self.advance(&mut state);
        Place { gate: self.clone(), id, turn }
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
        while self.taken < self.places {
            let Some(mut line) = self.lines.pop_front() else { return };
            if let Some(page) = line.pages.pop_front() {
                self.taken += 1;
                page.turn.send_replace(Turn::Now);
            }
            if !line.pages.is_empty() {
                self.lines.push_back(line);
            }
        }
        for (place, line) in self.lines.iter().enumerate() {
            for (round, page) in line.pages.iter().enumerate() {
                // In each round every client has one page; those in front of this one have theirs in this round, too.
                let before = |(other, line): (usize, &Line)| line.pages.len().min(round + usize::from(other < place));
                let ahead: usize = self.lines.iter().enumerate().map(before).sum();
                let turn = Turn::Ahead(u32::try_from(ahead).unwrap_or(u32::MAX));
                page.turn.send_if_modified(|old| std::mem::replace(old, turn) != turn);
            }
        }
    }
}

impl Place {
    /// Where it stands.
    pub(crate) fn turn(&mut self) -> Turn {
        *self.turn.borrow_and_update()
    }

    /// Waits until it stands elsewhere than [`Self::turn`] told.
    pub(crate) async fn moved(&mut self) {
        // Its sender stands in the line as long as it does.
        let _ = self.turn.changed().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        if *self.turn.borrow() == Turn::Now {
            state.taken -= 1;
        } else {
            for line in &mut state.lines {
                line.pages.retain(|page| page.id != self.id);
            }
            state.lines.retain(|line| !line.pages.is_empty());
        }
        self.gate.advance(&mut state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(places: usize) -> Gate {
        Gate::new(places, Arc::new(EngineMetrics::new("m")))
    }

    fn line_up<const N: usize>(gate: &Gate, clients: [&str; N]) -> [Place; N] {
        clients.map(|client| gate.line_up(&client.into()))
    }

    fn turns<const N: usize>(places: &[&Place; N]) -> [Turn; N] {
        places.map(|place| *place.turn.borrow())
    }

    #[test]
    fn clients_take_turns_however_many_pages_they_bring() {
        let gate = gate(1);
        let [reading, greedy_1, greedy_2, modest] = line_up(&gate, ["greedy", "greedy", "greedy", "modest"]);
        assert_eq!(
            turns(&[&reading, &greedy_1, &greedy_2, &modest]),
            [Turn::Now, Turn::Ahead(0), Turn::Ahead(2), Turn::Ahead(1)]
        );
        assert_eq!(gate.load(), (1, 3));
        drop(reading);
        assert_eq!(turns(&[&greedy_1, &modest, &greedy_2]), [Turn::Now, Turn::Ahead(0), Turn::Ahead(1)]);
        drop(greedy_1);
        assert_eq!(turns(&[&modest, &greedy_2]), [Turn::Now, Turn::Ahead(0)]);
    }

    #[test]
    fn who_gives_up_makes_room_in_line_and_at_the_engine() {
        let gate = gate(2);
        let [first, second, third, fourth] = line_up(&gate, ["a", "b", "c", "d"]);
        drop(third);
        assert_eq!(turns(&[&first, &second, &fourth]), [Turn::Now, Turn::Now, Turn::Ahead(0)]);
        drop(second);
        assert_eq!(turns(&[&fourth]), [Turn::Now]);
        drop((first, fourth));
        assert_eq!((gate.load(), gate.state().lines.len()), ((0, 0), 0));
    }
}
