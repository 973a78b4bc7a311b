//! The engines that there are, and how each of them fares.

mod breaker;
mod fair_queue;
mod handle;

use std::sync::Arc;

use inkstream_wire::{EngineState, ErrorCode};

pub(crate) use breaker::BreakerPermit;
pub(crate) use fair_queue::QueuePosition;
pub use handle::EngineHandle;
pub(crate) use handle::WaitingRun;

use crate::{
    Error, Result,
    ports::{Clock, Engine},
};

/// The engines, by model. The first is the default one.
pub struct Engines {
    all: Vec<Arc<EngineHandle>>,
}

impl Engines {
    /// The first engine is the default one; there must be one. At most `queue_max` runs wait for each.
    pub fn new(first: Arc<dyn Engine>, others: impl IntoIterator<Item = Arc<dyn Engine>>, queue_max: usize) -> Self {
        let all = std::iter::once(first).chain(others);
        Self { all: all.map(|engine| Arc::new(EngineHandle::new(engine, queue_max))).collect() }
    }

    /// Every engine, the default one first.
    pub fn all(&self) -> &[Arc<EngineHandle>] {
        &self.all
    }

    /// The engine of this model, or the default one.
    pub fn choose(&self, model: Option<&str>) -> Result<&Arc<EngineHandle>> {
        let Some(model) = model else { return Ok(&self.all[0]) };
        self.find(model).ok_or_else(|| {
            let known: Vec<_> = self.all.iter().map(|handle| handle.info().model.as_str()).collect();
            Error::new(
                ErrorCode::UnknownModel,
                format!("No engine here serves that model. There are: {}.", known.join(", ")),
            )
        })
    }

    /// Those that read in the place of `handle` while it is down, in order.
    pub fn fallbacks<'a>(&'a self, handle: &'a EngineHandle) -> impl Iterator<Item = &'a Arc<EngineHandle>> {
        let next = |handle: &EngineHandle| handle.info().fallback.as_deref().and_then(|model| self.find(model));
        let others = std::iter::successors(next(handle), move |handle| next(handle));
        // A circle ends where it began, or after each had its turn.
        others.take_while(|other| other.info().model != handle.info().model).take(self.all.len())
    }

    /// Asks all of them whether they are there.
    pub async fn probe_all(&self, clock: &dyn Clock) {
        // What is wrong with one shows in its state.
        futures::future::join_all(self.all.iter().map(|handle| handle.probe(clock))).await;
    }

    /// All with their state, the default one first. Those that nobody has asked for a while are asked.
    pub async fn states(&self, clock: &dyn Clock) -> Vec<EngineState> {
        let states =
            self.all.iter().enumerate().map(|(permit, handle)| async move {
                EngineState { default: permit == 0, ..handle.state(clock).await }
            });
        futures::future::join_all(states).await
    }

    fn find(&self, model: &str) -> Option<&Arc<EngineHandle>> {
        self.all.iter().find(|handle| handle.info().model == model)
    }
}
