//! Each request on the meter and in the log, by matched route: the raw path may hold anything.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::Method;
use inkstream_core::metrics;

/// The label of what no route matched: the web app's files and wrong addresses.
const NO_ROUTE: &str = "fallback";

pub(super) async fn observe(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = method(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    tracing::debug!(method, route, status, milliseconds = took.as_millis() as u64, "answered");
    metrics::http_request(method, route, status, took);
    response
}

/// A closed set: a method may be any word.
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
