//! The engine port for OpenAI-compatible servers. vLLM is the reference; the deviations of other servers are tolerated.
//!
//! [`OpenAiEngine`] sends one request per page, always streaming, so that dropping the connection frees the engine at once. It
//! never retries: the caller of the port decides on retries. If a server refuses a request's parameters, that does not count as
//! an attempt: the request is sent again without them.

mod answer;
pub mod checks;
mod chunk;
mod config;
mod control_tokens;
mod error;
mod finish;
mod openai;
mod page;
mod parameters;
mod parse;
mod profile;
mod redact;
mod repetition;
mod request;
mod sse;
mod surrogates;

pub use config::{ApiKey, ConfigError, Marked, OpenAiConfig};
pub use openai::OpenAiEngine;
#[doc(hidden)]
pub use parse::ground;
pub use profile::{Profile, size_names};
