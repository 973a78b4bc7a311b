//! The engine port for OpenAI-compatible servers: vLLM is the reference, its neighbours are understood.
//!
//! [`OpenAiEngine`] sends one page a request, always streaming, so that hanging up frees the engine at once, and never
//! tries twice: retries are decided in one place, by who calls the port. A request whose parameters a server refuses was
//! no try: what it refuses is left out, and asked again.

mod answer;
pub mod checks;
mod chunk;
mod config;
mod error;
mod finish;
mod openai;
mod page;
mod parameters;
mod parse;
mod profile;
mod repetition;
mod request;
mod sse;

pub use config::{ApiKey, ConfigError, Marked, OpenAiConfig};
pub use openai::OpenAiEngine;
#[doc(hidden)]
pub use parse::ground;
pub use profile::Profile;
