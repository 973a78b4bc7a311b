//! The server of Inkstream, as a library so that tests can drive its router.
//!
//! [`http::router`] is the HTTP face, [`bootstrap`] the composition root (the only place that names adapters), [`settings`]
//! the one place that reads the environment, [`cli`] the command line, [`fetch`] what gets pictures from other servers.

pub mod bootstrap;
pub mod cli;
pub mod fetch;
pub mod http;
pub mod listener;
pub mod settings;
