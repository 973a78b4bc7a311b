use std::sync::Arc;

use inkstream_core::{engines::Engines, ports::Engine, prices::Prices};
use inkstream_engines::OpenAiEngine;
use inkstream_native::Native;

use super::StartError;
use crate::settings::{EngineCatalog, EngineSettings};

/// Builds the engines, the default one first, and their prices.
pub(super) fn engines(
    settings: &EngineSettings,
    native: &Native,
    queue_max: usize,
) -> Result<(Engines, Prices), StartError> {
    let EngineCatalog { servers, default, prices } =
        settings.engine_catalog().map_err(|problems| StartError::Setting(problems.join("; ")))?;
    let mut all: Vec<Arc<dyn Engine>> = Vec::new();
    for server in servers {
        let name = server.name.clone();
        all.push(Arc::new(OpenAiEngine::new(server).map_err(|error| StartError::Engine(name, error))?));
    }
    all.extend(native.engines());
    let first = all.iter().position(|engine| engine.info().identity.model == default);
    let first = first.map(|index| all.remove(index));
    let first = first.ok_or_else(|| StartError::Setting(format!("there is no engine {default}")))?;
    Ok((Engines::new(first, all, queue_max), prices))
}
