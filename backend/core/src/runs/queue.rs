//! Admission: how many runs go at once, in all and for a client, and how many may wait.

/// What is allowed.
#[derive(Debug, Clone, Copy)]
pub struct QueueLimits {
    /// Runs at once.
    pub max_runs: usize,
    /// Runs at once for one client.
    pub max_runs_per_client: usize,
    /// Runs that may wait.
    pub queue_max: usize,
    /// Runs that may wait for one client.
    pub queue_max_per_client: usize,
}

/// The queue of runs.
#[derive(Debug)]
pub struct Queue;

/// A place in the queue; dropping it gives the place up.
#[derive(Debug)]
pub struct Ticket;

impl Queue {
    /// An empty queue.
    pub fn new(_limits: QueueLimits) -> Self {
        Self
    }

    /// Takes a place for `client` (a session, a user or an address: whatever the server tells clients apart by). A full
    /// queue is `Unavailable` (503), a client with too many of its own is `TooManyRequests` (429); both with `retry_after`.
    pub fn enter(&self, _client: &str) -> crate::Result<Ticket> {
        todo!()
    }
}
