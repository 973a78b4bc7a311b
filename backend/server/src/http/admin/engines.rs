use std::sync::Arc;

use axum::{Json, extract::State};
use inkstream_wire::{EngineState, Problem, routes};

use crate::http::{Service, caller::Admin};

/// Lists the engines with their state.
#[utoipa::path(get, path = routes::ADMIN_ENGINES, tag = "Administration", operation_id = "engines",
    responses(
        (status = 200, description = "The engines, the default one first", body = Vec<EngineState>),
        (status = 403, description = "For admins alone", body = Problem, content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn engines(State(service): State<Arc<Service>>, _: Admin) -> Json<Vec<EngineState>> {
    Json(service.app.engines.states(&*service.app.clock).await)
}
