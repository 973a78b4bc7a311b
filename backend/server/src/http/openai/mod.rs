//! `OpenAI`'s API: its client libraries use this server as they would use a vision model.

mod answer;
mod completions;
mod data_uris;
mod described;
mod error;
mod models;
mod parameters;
mod reading;
mod request;
mod stream;
mod uploads;

use std::sync::Arc;

use http::HeaderName;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Service;

pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(completions::complete))
        .routes(routes!(models::models))
        .routes(routes!(models::plain_models))
        .routes(routes!(models::model))
        .routes(routes!(models::plain_model))
}

/// The placeholder for a missing key. `OpenAI`'s clients do not start without one, and vLLM's documentation recommends this value.
pub(super) const NO_KEY: &str = "EMPTY";

/// Further headers that may hold a key: Azure's clients send the first, Anthropic's the second.
pub(super) const KEY_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("api-key"), HeaderName::from_static("x-api-key")];

pub(super) use error::{body as error_body, is_openai_route, status as error_status};
