//! The configured engines and their health.

mod breaker;
mod fair_queue;
mod handle;

use std::sync::Arc;

use inkstream_wire::ErrorCode;

pub(crate) use breaker::BreakerPermit;
pub(crate) use fair_queue::QueuePosition;
pub(crate) use handle::WaitingRun;
pub use handle::{EngineHandle, EngineStatus};

use crate::{
    Error, Result,
    ports::{Clock, Engine},
};

/// The engines, looked up by model. The first is the default.
pub struct Engines {
    all: Vec<Arc<EngineHandle>>,
}

impl Engines {
    /// The first engine is the default. At most `queue_max` runs wait for each engine, beside those it can take at once.
    pub fn new(first: Arc<dyn Engine>, others: impl IntoIterator<Item = Arc<dyn Engine>>, queue_max: usize) -> Self {
        let all = std::iter::once(first).chain(others);
        Self { all: all.map(|engine| Arc::new(EngineHandle::new(engine, queue_max))).collect() }
    }

    /// Every engine, the default first.
    pub fn all(&self) -> &[Arc<EngineHandle>] {
        &self.all
    }

    /// The engine that serves this model, or the default if none is named: `UnknownModel` if no engine serves it.
    pub fn choose(&self, model: Option<&str>) -> Result<&Arc<EngineHandle>> {
        let Some(model) = model else { return Ok(&self.all[0]) };
        self.find(model).ok_or_else(|| {
            let known: Vec<_> = self.all.iter().map(|handle| handle.info().identity.model.as_str()).collect();
            Error::new(
                ErrorCode::UnknownModel,
                format!("No engine here serves that model. There are: {}.", known.join(", ")),
            )
        })
    }

    /// The engines that take over while `handle` is down, in the order in which they are tried.
    pub fn fallbacks<'a>(&'a self, handle: &'a EngineHandle) -> impl Iterator<Item = &'a Arc<EngineHandle>> {
        let next = |handle: &EngineHandle| handle.info().fallback.as_deref().and_then(|model| self.find(model));
        let others = std::iter::successors(next(handle), move |handle| next(handle));
        // Fallbacks may form a cycle: stop at `handle`, or after as many steps as there are engines.
        others.take_while(|other| other.info().identity.model != handle.info().identity.model).take(self.all.len())
    }

    /// Probes all engines.
    pub async fn probe_all(&self, clock: &dyn Clock) {
        // A failed probe shows in the engine's state.
        futures::future::join_all(self.all.iter().map(|handle| handle.probe(clock))).await;
    }

    /// The status of every engine, the default first. Engines that have not been heard of for a while are probed.
    pub async fn statuses(&self, clock: &dyn Clock) -> Vec<EngineStatus> {
        futures::future::join_all(self.all.iter().map(|handle| handle.status(clock))).await
    }

    fn find(&self, model: &str) -> Option<&Arc<EngineHandle>> {
        self.all.iter().find(|handle| handle.info().identity.model == model)
    }
}
