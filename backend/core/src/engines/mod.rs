//! The engines that there are, and how each of them fares.

mod breaker;
mod gate;
mod station;

use std::sync::Arc;

use inkstream_wire::{EngineState, ErrorCode};

pub(crate) use breaker::Trial;
pub(crate) use gate::Turn;
pub use station::Station;
pub(crate) use station::WaitingRun;

use crate::{
    Error, Result,
    ports::{Clock, Engine},
};

/// The engines, by model. The first is the default one.
pub struct Engines {
    all: Vec<Arc<Station>>,
}

impl Engines {
    /// The first engine is the default one; there must be one. At most `queue_max` runs wait for each.
    pub fn new(first: Arc<dyn Engine>, others: impl IntoIterator<Item = Arc<dyn Engine>>, queue_max: usize) -> Self {
        let all = std::iter::once(first).chain(others);
        Self { all: all.map(|engine| Arc::new(Station::new(engine, queue_max))).collect() }
    }

    /// Every engine, the default one first.
    pub fn all(&self) -> &[Arc<Station>] {
        &self.all
    }

    /// The engine of this model, or the default one.
    pub fn choose(&self, model: Option<&str>) -> Result<&Arc<Station>> {
        let Some(model) = model else { return Ok(&self.all[0]) };
        self.find(model).ok_or_else(|| {
            let known: Vec<_> = self.all.iter().map(|station| station.info().model.as_str()).collect();
            Error::new(
                ErrorCode::UnknownModel,
                format!("No engine here serves that model. There are: {}.", known.join(", ")),
            )
        })
    }

    /// Those that read in the place of `station` while it is down, in order.
    pub fn stand_ins<'a>(&'a self, station: &'a Station) -> impl Iterator<Item = &'a Arc<Station>> {
        let next = |station: &Station| station.info().fallback.as_deref().and_then(|model| self.find(model));
        let others = std::iter::successors(next(station), move |station| next(station));
        // A circle ends where it began, or after each had its turn.
        others.take_while(|other| other.info().model != station.info().model).take(self.all.len())
    }

    /// Asks all of them whether they are there.
    pub async fn probe_all(&self, clock: &dyn Clock) {
        // What is wrong with one shows in its state.
        futures::future::join_all(self.all.iter().map(|station| station.probe(clock))).await;
    }

    /// All with their state, the default one first. Those that nobody has asked for a while are asked.
    pub async fn states(&self, clock: &dyn Clock) -> Vec<EngineState> {
        let states =
            self.all.iter().enumerate().map(|(place, station)| async move {
                EngineState { default: place == 0, ..station.state(clock).await }
            });
        futures::future::join_all(states).await
    }

    fn find(&self, model: &str) -> Option<&Arc<Station>> {
        self.all.iter().find(|station| station.info().model == model)
    }
}
