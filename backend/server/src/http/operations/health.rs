use std::sync::Arc;

use axum::{Json, extract::State};
use inkstream_wire::{Health, HealthStatus, routes};

use crate::http::Service;

/// Says how the service is, and what its engines are.
#[utoipa::path(get, path = routes::HEALTH, tag = "Operations", operation_id = "health",
    responses((status = 200, description = "The service's state", body = Health)))]
pub(in crate::http) async fn health(State(service): State<Arc<Service>>) -> Json<Health> {
    let (engines, database) =
        tokio::join!(service.app.engines.states(&*service.app.clock), super::database_answers(&service));
    let model_loaded = engines.first().is_some_and(|engine| engine.ready);
    let status = if model_loaded && database { HealthStatus::Ok } else { HealthStatus::Degraded };
    Json(Health { status, model_loaded, engines, version: env!("CARGO_PKG_VERSION").to_owned() })
}
