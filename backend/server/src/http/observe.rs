//! Identifies, logs and measures each request. The log names its matched route: the raw path may hold anything, secrets included.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, Method};
use inkstream_core::metrics;
use tower_http::request_id::RequestId;
use tracing::Instrument;

/// The request's id: the caller's if it is short and plain, else a new one. It is on every response and every log line.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The label of requests that no route matched: the web app's files and unknown paths.
const NO_ROUTE: &str = "fallback";

/// Drops an id that must not be repeated, so that the next layer assigns a new one.
pub(super) async fn drop_unsafe_id(mut request: Request) -> Request {
    if request.headers().get(REQUEST_ID).is_some_and(|id| !is_plain(id)) {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

fn is_plain(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (1..=64).contains(&bytes.len()) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b))
}

/// The id that was assigned to the request.
pub(super) fn request_id(request: &Request) -> &str {
    request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok()).unwrap_or_default()
}

pub(super) async fn observe(request: Request, next: Next) -> Response {
    let span = tracing::info_span!("request", request_id = request_id(&request));
    measure(request, next).instrument(span).await
}

async fn measure(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method_label(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), started.elapsed());
    tracing::debug!(method, route, status, milliseconds = took.as_millis() as u64, "answered");
    metrics::http_request(method, route, status, took);
    response
}

/// Maps methods to a closed set of labels, because a client may send any method.
fn method_label(method: &Method) -> &'static str {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_plain_ids_are_taken_from_callers() {
        for plain in ["a", "A-1_b.c", &"x".repeat(64)] {
            assert!(is_plain(&HeaderValue::from_str(plain).unwrap()), "{plain}");
        }
        for other in ["", "a b", "a\"b", "ä", &"x".repeat(65)] {
            assert!(!is_plain(&HeaderValue::from_bytes(other.as_bytes()).unwrap()), "{other}");
        }
    }
}
