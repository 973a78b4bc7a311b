//! `OpenAI`'s dialect: its client libraries read pictures and PDFs with this server as they would with a vision model.

mod answer;
pub(super) mod completions;
mod data_uris;
mod described;
mod error;
mod fetched;
pub(super) mod models;
mod parameters;
mod reading;
mod request;
mod stream;
mod uploads;

use http::HeaderName;

/// What is sent in place of a key that one has not: `OpenAI`'s clients refuse to go without. vLLM's documentation has it so.
pub(super) const NO_KEY: &str = "EMPTY";

/// Where else a key may stand: Azure's clients send the one, Anthropic's the other.
pub(super) const KEY_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("api-key"), HeaderName::from_static("x-api-key")];

pub(super) use error::{body as error_body, is_spoken_at, status as error_status};
