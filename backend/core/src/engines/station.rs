use std::sync::Arc;

use inkstream_wire::{EngineCondition, EngineState};
use jiff::Timestamp;

use crate::ports::{Clock, Engine, EngineError, EngineInfo};

/// An engine with those who wait for it and what is known of its health.
pub struct Station {
    engine: Arc<dyn Engine>,
    since: Option<Timestamp>,
}

impl Station {
    pub(super) fn new(engine: Arc<dyn Engine>, _queue_max: usize) -> Self {
        Self { engine, since: None }
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
    pub async fn probe(&self, _clock: &dyn Clock) -> Result<(), EngineError> {
        self.engine.probe().await
    }

    /// How it fares.
    pub async fn state(&self, clock: &dyn Clock) -> EngineState {
        let ready = self.probe(clock).await.is_ok();
        let info = self.info();
        EngineState {
            model: info.model.clone(),
            ready,
            state: if ready { EngineCondition::Ready } else { EngineCondition::Down },
            since: self.since.unwrap_or(clock.now()).to_string(),
            profile: info.profile.clone(),
            tasks: info.tasks.clone(),
            sizes: info.sizes.clone(),
            concurrency: info.concurrency,
            reading: 0,
            waiting: 0,
            fallback: info.fallback.clone(),
            languages: if info.takes_language { self.engine.languages() } else { Vec::new() },
            takes_prompt: info.takes_prompt,
            default: false,
        }
    }
}
