use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use inkstream_wire::{ErrorCode, Problem, routes};
use subtle::ConstantTimeEq;

use crate::http::{Service, caller::bearer, failure::Failure, service::Exporter};

/// Prometheus' text format, version 0.0.4.
const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics, as Prometheus reads them.
#[utoipa::path(get, path = routes::METRICS, tag = "Operations", operation_id = "metrics",
    responses(
        (status = 200, description = "The metrics", body = String, content_type = "text/plain"),
        (status = 401, description = "The token is missing or wrong", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn metrics(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    render(&service.exporter, &headers)
}

/// The same text, where a proxy passes on `/api` alone.
#[utoipa::path(get, path = routes::API_METRICS, tag = "Operations", operation_id = "api_metrics",
    responses(
        (status = 200, description = "The metrics", body = String, content_type = "text/plain"),
        (status = 401, description = "The token is missing or wrong", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn api_metrics(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
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
