use std::sync::Arc;

use axum::{Json, extract::State};
use futures::future::join_all;
use inkstream_core::ports::Engine;
use inkstream_wire::{EngineState, Health, HealthStatus, routes};
use tokio::time::timeout;

use crate::http::Service;

/// Says how the service is, and what its engines are.
#[utoipa::path(get, path = routes::HEALTH, tag = "Operations", operation_id = "health",
    responses((status = 200, description = "The service's state", body = Health)))]
pub(in crate::http) async fn health(State(service): State<Arc<Service>>) -> Json<Health> {
    let (engines, database) = tokio::join!(engines(&service), super::database_answers(&service));
    let model_loaded = engines.first().is_some_and(|engine| engine.ready);
    let status = if model_loaded && database { HealthStatus::Ok } else { HealthStatus::Degraded };
    Json(Health { status, model_loaded, engines, version: env!("CARGO_PKG_VERSION").to_owned() })
}

/// The engines with their state, the default one first.
pub(in crate::http) async fn engines(service: &Service) -> Vec<EngineState> {
    join_all(service.app.engines.all().iter().enumerate().map(|(place, engine)| state(&**engine, place == 0))).await
}

async fn state(engine: &dyn Engine, default: bool) -> EngineState {
    let ready = timeout(super::PATIENCE, engine.ready()).await.unwrap_or(false);
    let info = engine.info();
    let languages = if info.takes_language { engine.languages() } else { Vec::new() };
    EngineState { model: info.model.clone(), ready, languages, takes_prompt: info.takes_prompt, default }
}
