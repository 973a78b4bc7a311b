use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use inkstream_wire::{EngineCondition, EngineState, ErrorCode};
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

/// How long what an engine said of itself counts, when nobody asks it in the background.
const FRESH: Duration = Duration::from_secs(30);
/// How long an engine that sent pages away as busy is taken for busy.
const BUSY: Duration = Duration::from_secs(10);

/// An engine with those who wait for it, and what is known of its health.
pub struct EngineHandle {
    engine: Arc<dyn Engine>,
    queue: FairQueue,
    breaker: Breaker,
    queue_max: usize,
    /// Runs of which no page has been at the engine.
    waiting_runs: Arc<AtomicUsize>,
    health: Mutex<Health>,
    /// One asks at a time; the others take its answer.
    asking: tokio::sync::Mutex<()>,
    metrics: Arc<EngineMetrics>,
}

#[derive(Debug, Default)]
struct Health {
    /// When the engine was last heard of, and whether it answered.
    heard: Option<(Instant, bool)>,
    /// Until when it is taken for busy, whoever waits.
    busy_until: Option<Instant>,
    /// What it was last, and since when.
    condition: Option<(EngineCondition, Timestamp)>,
}

/// A run of which no page has been at the engine.
#[derive(Debug)]
pub(crate) struct WaitingRun(Arc<AtomicUsize>);

impl EngineHandle {
    pub(super) fn new(engine: Arc<dyn Engine>, queue_max: usize) -> Self {
        let info = engine.info();
        let metrics = Arc::new(EngineMetrics::new(&info.model));
        Self {
            queue: FairQueue::new(info.concurrency, Arc::clone(&metrics)),
            breaker: Breaker::new(),
            queue_max,
            waiting_runs: Arc::default(),
            health: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            metrics,
            engine,
        }
    }

    /// What it is and can do.
    pub fn info(&self) -> &EngineInfo {
        self.engine.info()
    }

    /// The engine itself.
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    /// Asks the engine whether it is there, and keeps what it says.
    pub async fn probe(&self, clock: &dyn Clock) -> Result<(), EngineError> {
        let answer = self.engine.probe().await;
        self.health().heard = Some((Instant::now(), answer.is_ok()));
        self.observe(clock.now());
        answer
    }

    /// How it fares. An engine that nobody has asked for a while is asked.
    pub async fn state(&self, clock: &dyn Clock) -> EngineState {
        let _alone = self.asking.lock().await;
        let fresh = self.health().heard.is_some_and(|(at, _)| at.elapsed() < FRESH);
        if !fresh {
            // What is wrong shows in the state.
            let _ = self.probe(clock).await;
        }
        let (condition, since) = self.observe(clock.now());
        let (reading, waiting) = self.queue.load();
        let info = self.info();
        EngineState {
            model: info.model.clone(),
            ready: condition != EngineCondition::Down,
            state: condition,
            since: since.to_string(),
            profile: info.profile.clone(),
            tasks: info.tasks.clone(),
            sizes: info.sizes.clone(),
            concurrency: info.concurrency,
            reading,
            waiting,
            fallback: info.fallback.clone(),
            languages: if info.takes_language { self.engine.languages() } else { Vec::new() },
            takes_prompt: info.takes_prompt,
            omitted: self.engine.omitted(),
            default: false,
        }
    }

    /// Whether the engine did not answer when it was last asked.
    pub(crate) fn is_silent(&self) -> bool {
        self.health().heard.is_some_and(|(_, answered)| !answered)
    }

    pub(crate) fn metrics(&self) -> &EngineMetrics {
        &self.metrics
    }

    /// Counts a run that waits for its first page to be read, unless too many do: `Unavailable`.
    pub(crate) fn expect_run(&self) -> Result<WaitingRun> {
        let max = self.queue_max + self.info().concurrency;
        let one_more = |waiting: usize| (waiting < max).then_some(waiting + 1);
        if self.waiting_runs.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_err() {
            let detail = "Too many documents wait for this engine. Try again in a moment.";
            return Err(Error::new(ErrorCode::Unavailable, detail).retry_after(5));
        }
        Ok(WaitingRun(Arc::clone(&self.waiting_runs)))
    }

    /// Stands in line for a page of this client.
    pub(crate) fn enqueue(&self, client: &Arc<str>) -> Permit {
        self.queue.enqueue(client)
    }

    /// Leave to ask the engine, or how long there will be none.
    pub(crate) fn admit(&self) -> Result<BreakerPermit<'_>, Duration> {
        self.breaker.admit()
    }

    /// The engine has begun to answer.
    pub(crate) fn answers(&self, breaker_permit: &mut BreakerPermit<'_>, now: Timestamp) {
        breaker_permit.answers();
        self.health().heard = Some((Instant::now(), true));
        self.observe(now);
    }

    /// An attempt failed.
    pub(crate) fn failed(&self, breaker_permit: BreakerPermit<'_>, error: &EngineError, now: Timestamp) {
        match error.kind {
            EngineErrorKind::Unreachable
            | EngineErrorKind::Timeout
            | EngineErrorKind::Busy
            | EngineErrorKind::Failed
            | EngineErrorKind::Broken => breaker_permit.failed(),
            // It answered, if not well; that it has had enough for now is no failure, either.
            _ => breaker_permit.succeeded(),
        }
        if matches!(error.kind, EngineErrorKind::Busy | EngineErrorKind::Limited) {
            self.health().busy_until = Some(Instant::now() + error.retry_after.unwrap_or(BUSY).max(BUSY));
        }
        self.observe(now);
    }

    /// What the engine is now, and since when.
    fn observe(&self, now: Timestamp) -> (EngineCondition, Timestamp) {
        let (reading, waiting) = self.queue.load();
        let mut health = self.health();
        let silent = health.heard.is_some_and(|(_, answered)| !answered);
        let sent_away = health.busy_until.is_some_and(|until| Instant::now() < until);
        let condition = if silent || self.breaker.is_open() {
            EngineCondition::Down
        } else if sent_away || waiting > 0 || reading >= self.info().concurrency {
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
