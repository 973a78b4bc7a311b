//! Health and metrics, for operators.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use inkstream_wire::{ErrorCode, Health, HealthStatus, Problem, routes};
use subtle::ConstantTimeEq;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Service, caller::bearer, failure::Failure, service::Exporter, to_wire};

pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(livez))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
        .routes(routes!(api_metrics))
}

/// Returns the state of the service and its engines.
#[utoipa::path(get, path = routes::HEALTH, tag = "Operations", operation_id = "health",
    responses((status = 200, description = "The service's state", body = Health)))]
async fn health(State(service): State<Arc<Service>>) -> Json<Health> {
    let (engines, database) =
        tokio::join!(service.runs.engines.statuses(&*service.runs.clock), database_answers(&service));
    let engines = to_wire::engines(engines);
    let model_loaded = engines.first().is_some_and(|engine| engine.ready);
    let status = if model_loaded && database { HealthStatus::Ok } else { HealthStatus::Degraded };
    Json(Health { status, model_loaded, engines, version: env!("CARGO_PKG_VERSION").to_owned() })
}

/// Reports that the process is alive.
#[utoipa::path(get, path = routes::LIVEZ, tag = "Operations", operation_id = "livez",
    responses((status = 200, description = "It does", body = String, content_type = "text/plain")))]
async fn livez() -> &'static str {
    "ok\n"
}

/// Reports whether the process can take requests: it is not shutting down, and its database answers.
#[utoipa::path(get, path = routes::READYZ, tag = "Operations", operation_id = "readyz",
    responses(
        (status = 200, description = "It can", body = String, content_type = "text/plain"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    ))]
async fn readyz(State(service): State<Arc<Service>>) -> Result<&'static str, Failure> {
    if service.draining.is_cancelled() {
        return Err(Failure::new(ErrorCode::Unavailable, "The server is going down."));
    }
    if !database_answers(&service).await {
        return Err(Failure::new(ErrorCode::Unavailable, "The database does not answer."));
    }
    Ok("ready\n")
}

/// Prometheus' text format, version 0.0.4.
const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Returns the metrics in Prometheus' text format.
#[utoipa::path(get, path = routes::METRICS, tag = "Operations", operation_id = "metrics",
    responses(
        (status = 200, description = "The metrics", body = String, content_type = "text/plain"),
        (status = 401, description = "The token is missing or wrong", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn metrics(State(service): State<Arc<Service>>, headers: HeaderMap) -> Result<Response, Failure> {
    render(&service.exporter, &headers)
}

/// Returns the metrics, for proxies that forward only `/api`.
#[utoipa::path(get, path = routes::API_METRICS, tag = "Operations", operation_id = "api_metrics",
    responses(
        (status = 200, description = "The metrics", body = String, content_type = "text/plain"),
        (status = 401, description = "The token is missing or wrong", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn api_metrics(State(service): State<Arc<Service>>, headers: HeaderMap) -> Result<Response, Failure> {
    render(&service.exporter, &headers)
}

fn render(exporter: &Exporter, headers: &HeaderMap) -> Result<Response, Failure> {
    if let Some(token) = &exporter.token {
        let given = bearer(headers).unwrap_or_default();
        if !bool::from(given.as_bytes().ct_eq(token.as_bytes())) {
            return Err(Failure::new(ErrorCode::Unauthorized, "The metrics take the operator's METRICS_TOKEN."));
        }
    }
    exporter.process.collect();
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], exporter.handle.render()).into_response())
}

/// How long a health route waits for the database.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

async fn database_answers(service: &Service) -> bool {
    matches!(tokio::time::timeout(PING_TIMEOUT, service.runs.store.ping()).await, Ok(Ok(())))
}
