//! Logs and measures each request by its matched route. The raw path may hold anything, secrets included.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::Method;
use inkstream_core::metrics;

/// The label of requests that no route matched: the web app's files and unknown paths.
const NO_ROUTE: &str = "fallback";

pub(super) async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), started.elapsed());
    tracing::debug!(method, route, status, milliseconds = took.as_millis() as u64, "answered");
    metrics::http_request(method, route, status, took);
    response
}

/// Maps methods to a closed set of labels, because a client may send any method.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::PUT => "PUT",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
