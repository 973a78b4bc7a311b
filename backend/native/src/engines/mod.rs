//! The embedded engines. Each is a module here, a name in [`NAMES`] and a line of [`start_all`].

mod detection;
mod embedded;
mod languages;
mod page;
mod ppocr;
mod tesseract;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use inkstream_core::ports::Engine;

use crate::{
    children::{ChildError, Spawner},
    config::NativeConfig,
};

use self::{detection::ScriptDetector, embedded::Embedded, ppocr::PpocrEngine, tesseract::TesseractEngine};
/// Every embedded engine, the default one first.
const NAMES: [&str; 3] = [embedded::NAME, ppocr::NAME, tesseract::NAME];

/// An engine of this crate, with the child processes behind it.
#[async_trait]
pub(crate) trait EmbeddedEngine: Engine + Debug {
    /// Starts a child before the first page.
    async fn warm_up(&self) -> Result<(), ChildError>;
    /// Refuses new pages and ends the idle children.
    async fn shutdown(&self);
}

/// The dependencies of an engine.
pub(crate) struct Parts<'a> {
    pub(crate) config: &'a NativeConfig,
    pub(crate) spawner: &'a Spawner,
    /// The maximum address space of a page image in bytes.
    pub(crate) image_memory: u64,
}

/// The embedded engines' names, the default one first. They are known before anything is started, so that settings can be
/// checked against them.
pub fn embedded_engines() -> impl Iterator<Item = &'static str> + Clone {
    NAMES.into_iter()
}

/// Sets up every engine, in the order of [`NAMES`]; no child is started yet.
pub(crate) fn start_all(parts: &Parts<'_>) -> [Arc<dyn EmbeddedEngine>; NAMES.len()] {
    let detector = Arc::new(ScriptDetector::start(parts));
    let ppocr = PpocrEngine::start(parts, Arc::clone(&detector));
    let tesseract = TesseractEngine::start(parts, Arc::clone(&detector));
    let embedded = Embedded::new(ppocr.clone(), tesseract.clone(), detector);
    [Arc::new(embedded), Arc::new(ppocr), Arc::new(tesseract)]
}
