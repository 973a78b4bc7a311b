//! The server of Inkstream, as a library so that tests can drive its router.
//!
//! [`http::router`] is the HTTP face, [`compose`] the composition root (the only place that names adapters), [`settings`]
//! the one place that reads the environment, [`cli`] the command line, [`fetch`] what gets pictures from other servers.

pub mod cli;
pub mod compose;
pub mod fetch;
pub mod http;
pub mod listener;
pub mod settings;
