//! Security headers: the sources that the page may load, and the other origins that may call (CORS).

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::{rates, request_id};
use crate::settings::Origins;

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; \
             connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(self), microphone=(), geolocation=(), payment=(), usb=()"),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// Adds the headers that a handler has not set itself.
pub(super) async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// The CORS layer for these origins. `*` never allows credentials. Every request header is allowed: `OpenAI`'s client alone sends
/// a dozen of its own, and headers that the server does not know are not read.
pub(super) fn cors(origins: &Origins) -> CorsLayer {
    let layer = match origins {
        Origins::Any => CorsLayer::new().allow_origin(AllowOrigin::any()),
        Origins::List(list) if list.is_empty() => return CorsLayer::new(),
        Origins::List(list) => CorsLayer::new().allow_origin(list.clone()).allow_credentials(true),
    };
    layer
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(
            [request_id::HEADER, header::RETRY_AFTER, header::CONTENT_DISPOSITION]
                .into_iter()
                .chain(rates::HEADERS)
                .collect::<Vec<_>>(),
        )
}
