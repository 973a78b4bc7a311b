//! The server of Inkstream, as a library so that tests can drive its router.
//!
//! [`http::router`] builds the HTTP API, [`bootstrap`] is the composition root (the only module that names adapters), [`settings`]
//! is the only module that reads the environment, [`cli`] is the command line, and [`fetch`] fetches images from other servers.

pub mod bootstrap;
pub mod cli;
pub mod fetch;
pub mod http;
pub mod listener;
pub mod settings;
