//! `OpenAI`'s API: its client libraries use this server as they would use a vision model.

mod answer;
pub(super) mod completions;
mod data_uris;
mod described;
mod error;
pub(super) mod models;
mod parameters;
mod reading;
mod request;
mod stream;
mod uploads;

use http::HeaderName;

/// The placeholder for a missing key. `OpenAI`'s clients do not start without one, and vLLM's documentation recommends this value.
pub(super) const NO_KEY: &str = "EMPTY";

/// Further headers that may hold a key: Azure's clients send the first, Anthropic's the second.
pub(super) const KEY_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("api-key"), HeaderName::from_static("x-api-key")];

pub(super) use error::{body as error_body, is_openai_route, status as error_status};
