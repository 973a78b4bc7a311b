use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use inkstream_wire::{EngineCondition, ErrorCode};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    breaker::{Breaker, BreakerPermit},
    fair_queue::{FairQueue, Permit},
};
use crate::{
    Error, Result,
    metrics::EngineMetrics,
    ports::{Clock, Engine, EngineError, EngineErrorKind, EngineInfo},
};

/// How long a probe's result stays valid. It matters only where nothing probes the engine in the background.
const PROBE_VALID: Duration = Duration::from_secs(30);
/// How long an engine that rejected a page as busy is reported as busy, at least.
const BUSY_TIME: Duration = Duration::from_secs(10);

/// An engine's status.
#[derive(Debug, Clone)]
pub struct EngineStatus {
    /// Its identity, capabilities and limits.
    pub info: EngineInfo,
    /// Whether it can read.
    pub condition: EngineCondition,
    /// Since when the condition has been the same.
    pub since: Timestamp,
    /// How many pages it reads now.
    pub reading: usize,
    /// How many pages wait for it.
    pub waiting: usize,
    /// The supported languages; empty if it takes none.
    pub languages: Vec<String>,
    /// Whether it finds the languages of a page itself on request.
    pub detects_languages: bool,
    /// Parameters that requests to it leave out.
    pub omitted: Vec<String>,
}

/// An engine with its queue, its circuit breaker and its health.
pub struct EngineHandle {
    engine: Arc<dyn Engine>,
    queue: FairQueue,
    breaker: Breaker,
    queue_max: usize,
    /// Runs of which no page has been at the engine yet.
    waiting_runs: Arc<AtomicUsize>,
    health: Mutex<Health>,
    /// Held during a probe: concurrent callers wait for it and use its result.
    probing: tokio::sync::Mutex<()>,
    metrics: Arc<EngineMetrics>,
}

#[derive(Debug, Default)]
struct Health {
    /// When the engine was last probed or answered, and whether it answered.
    last_contact: Option<(Instant, bool)>,
    /// Until when it is reported as busy, even if its queue is empty.
    busy_until: Option<Instant>,
    /// The last reported condition, and since when it holds.
    condition: Option<(EngineCondition, Timestamp)>,
}

/// Counts a run of which no page has been at the engine, until it is dropped.
#[derive(Debug)]
pub(crate) struct WaitingRun(Arc<AtomicUsize>);

impl EngineHandle {
    pub(super) fn new(engine: Arc<dyn Engine>, queue_max: usize) -> Self {
        let info = engine.info();
        let metrics = Arc::new(EngineMetrics::new(&info.identity.model));
        Self {
            queue: FairQueue::new(info.limits.concurrency, Arc::clone(&metrics)),
            breaker: Breaker::new(),
            queue_max,
            waiting_runs: Arc::default(),
            health: Mutex::default(),
            probing: tokio::sync::Mutex::default(),
            metrics,
            engine,
        }
    }

    /// The engine's name, capabilities and limits.
    pub fn info(&self) -> &EngineInfo {
        self.engine.info()
    }

    /// The engine behind this handle.
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    /// Probes the engine and records whether it answered.
    pub async fn probe(&self, clock: &dyn Clock) -> Result<(), EngineError> {
        let answer = self.engine.probe().await;
        self.health().last_contact = Some((Instant::now(), answer.is_ok()));
        self.observe(clock.now());
        answer
    }

    /// The engine's status. Probes the engine first if the last contact is too old.
    pub async fn status(&self, clock: &dyn Clock) -> EngineStatus {
        let _guard = self.probing.lock().await;
        let is_fresh = self.health().last_contact.is_some_and(|(at, _)| at.elapsed() < PROBE_VALID);
        if !is_fresh {
            // A failed probe shows in the status.
            let _ = self.probe(clock).await;
        }
        let (condition, since) = self.observe(clock.now());
        let (reading, waiting) = self.queue.load();
        let info = self.info().clone();
        EngineStatus {
            condition,
            since,
            reading,
            waiting,
            languages: if info.capabilities.takes_language { self.engine.languages() } else { Vec::new() },
            detects_languages: self.engine.detects_languages(),
            omitted: self.engine.omitted(),
            info,
        }
    }

    /// Whether the engine did not answer when it was last contacted.
    pub(crate) fn is_unreachable(&self) -> bool {
        self.health().last_contact.is_some_and(|(_, answered)| !answered)
    }

    pub(crate) fn metrics(&self) -> &EngineMetrics {
        &self.metrics
    }

    /// Counts a run that waits for its first page: `Unavailable` if too many do already.
    pub(crate) fn admit_run(&self) -> Result<WaitingRun> {
        let max = self.queue_max + self.info().limits.concurrency;
        let one_more = |waiting: usize| (waiting < max).then_some(waiting + 1);
        if self.waiting_runs.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_err() {
            let detail = "Too many documents wait for this engine. Try again in a moment.";
            return Err(Error::new(ErrorCode::Unavailable, detail).retry_after(5));
        }
        Ok(WaitingRun(Arc::clone(&self.waiting_runs)))
    }

    /// Queues a page of this client.
    pub(crate) fn enqueue(&self, client: &Arc<str>) -> Permit {
        self.queue.enqueue(client)
    }

    /// Asks the circuit breaker to admit a request. The error is how long it admits none.
    pub(crate) fn admit(&self) -> Result<BreakerPermit<'_>, Duration> {
        self.breaker.admit()
    }

    /// The engine has begun to answer.
    pub(crate) fn answering(&self, breaker_permit: &mut BreakerPermit<'_>, now: Timestamp) {
        breaker_permit.answering();
        self.health().last_contact = Some((Instant::now(), true));
        self.observe(now);
    }

    /// The request failed. Only errors that say that the engine is down count for the breaker.
    pub(crate) fn failed(&self, breaker_permit: BreakerPermit<'_>, error: &EngineError, now: Timestamp) {
        match error.kind {
            EngineErrorKind::Unreachable
            | EngineErrorKind::Timeout
            | EngineErrorKind::Busy
            | EngineErrorKind::Failed
            | EngineErrorKind::Broken => breaker_permit.failed(),
            // The engine answered, so it is not down. A rate limit is no failure of the engine, either.
            _ => breaker_permit.succeeded(),
        }
        if matches!(error.kind, EngineErrorKind::Busy | EngineErrorKind::Limited) {
            self.health().busy_until = Some(Instant::now() + error.retry_after.unwrap_or(BUSY_TIME).max(BUSY_TIME));
        }
        self.observe(now);
    }

    /// The engine's condition, and since when it holds.
    fn observe(&self, now: Timestamp) -> (EngineCondition, Timestamp) {
        let (reading, waiting) = self.queue.load();
        let mut health = self.health();
        let unreachable = health.last_contact.is_some_and(|(_, answered)| !answered);
        let rejected = health.busy_until.is_some_and(|until| Instant::now() < until);
        let condition = if unreachable || self.breaker.is_open() {
            EngineCondition::Down
        } else if rejected || waiting > 0 || reading >= self.info().limits.concurrency {
            EngineCondition::Busy
        } else {
            EngineCondition::Ready
        };
        let since = health.condition.filter(|(known, _)| *known == condition).map_or(now, |(_, since)| since);
        health.condition = Some((condition, since));
        drop(health);
        self.metrics.condition(condition);
        (condition, since)
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for WaitingRun {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
