use std::sync::Arc;

use axum::extract::State;
use inkstream_wire::{ErrorCode, Problem, routes};

use crate::http::{Service, failure::Failure};

/// The process can take requests: it is not going down, and its database answers.
#[utoipa::path(get, path = routes::READYZ, tag = "Operations", operation_id = "readyz",
    responses(
        (status = 200, description = "It can", body = String, content_type = "text/plain"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn readyz(State(service): State<Arc<Service>>) -> Result<&'static str, Failure> {
    if service.draining.is_cancelled() {
        return Err(Failure::new(ErrorCode::Unavailable, "The server is going down."));
    }
    if !super::database_answers(&service).await {
        return Err(Failure::new(ErrorCode::Unavailable, "The database does not answer."));
    }
    Ok("ready\n")
}
