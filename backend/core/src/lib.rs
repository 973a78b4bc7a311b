//! Inkstream's domain: documents, pages, runs and their meter.
//!
//! Ports are in [`ports`]; use-cases are free functions that take the ports they need. There is no HTTP, no SQL and no
//! C here, and no clock: time, files, engines and the database come in from outside.

pub mod accounts;
pub mod documents;
pub mod echo;
pub mod engines;
pub mod error;
pub mod image;
pub mod lifecycle;
pub mod live_runs;
pub mod locate;
pub mod metrics;
pub mod network;
pub mod owner;
pub mod page_range;
pub mod page_reader;
pub mod ports;
pub mod prices;
pub mod quota;
pub mod runs;
pub mod sweep;
pub mod text_layer;
pub mod username;

pub use error::{Error, Result};
