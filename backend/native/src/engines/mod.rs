//! The embedded engines. Each is a module here and one line of [`REGISTRY`].

mod tesseract;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use inkstream_core::ports::Engine;

use crate::{
    children::{ChildError, Spawner},
    config::NativeConfig,
};

/// Every embedded engine, the default one first.
const REGISTRY: &[Entry] = &[Entry { name: tesseract::NAME, start: tesseract::start }];

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

struct Entry {
    name: &'static str,
    start: fn(&Parts<'_>) -> Arc<dyn EmbeddedEngine>,
}

/// The embedded engines' names, the default one first. They are known before anything is started, so that settings can be
/// checked against them.
pub fn embedded_engines() -> impl Iterator<Item = &'static str> + Clone {
    REGISTRY.iter().map(|entry| entry.name)
}

/// Sets up every engine; no child is started yet.
pub(crate) fn start_all(parts: &Parts<'_>) -> Vec<Arc<dyn EmbeddedEngine>> {
    REGISTRY.iter().map(|entry| (entry.start)(parts)).collect()
}
