//! Security headers: the sources that the page may load, and the other origins that may call (CORS). The values of headers that hold
//! secrets are marked, so that no `Debug` prints them.

use axum::response::Response;
use http::{HeaderName, HeaderValue, Method, header};
use tower_http::{
    cors::{AllowHeaders, AllowOrigin, CorsLayer},
    sensitive_headers::SetSensitiveHeadersLayer,
    set_header::response::SetMultipleResponseHeadersLayer,
};

use super::{observe, openai, pages, rates};
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
pub(super) fn headers() -> SetMultipleResponseHeadersLayer<Response> {
    SetMultipleResponseHeadersLayer::if_not_present(HEADERS.into_iter().map(Into::into).collect())
}

/// Marks passwords, tokens and cookies.
pub(super) fn secrets() -> SetSensitiveHeadersLayer {
    let names = [header::AUTHORIZATION, header::COOKIE, header::SET_COOKIE, pages::PASSWORD];
    SetSensitiveHeadersLayer::new(names.into_iter().chain(openai::KEY_HEADERS))
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
            [observe::REQUEST_ID, header::RETRY_AFTER, header::CONTENT_DISPOSITION]
                .into_iter()
                .chain(rates::HEADERS)
                .collect::<Vec<_>>(),
        )
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::{body::Body, extract::Request};
    use tower::{ServiceBuilder, ServiceExt as _, service_fn};

    use super::*;

    #[tokio::test]
    async fn no_debug_output_shows_the_secrets_of_headers() {
        let echo = service_fn(async |request: Request| {
            let text = format!("{:?}", request.headers());
            Ok::<_, Infallible>(Response::builder().header(header::SET_COOKIE, "hush").body(Body::from(text)).unwrap())
        });
        let mut request = Request::builder().header("x-request-id", "shown");
        for name in ["authorization", "cookie", "api-key", "x-api-key", "x-document-password"] {
            request = request.header(name, "hush");
        }
        let service = ServiceBuilder::new().layer(secrets()).service(echo);
        let response = service.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert!(!format!("{:?}", response.headers()).contains("hush"));
        let seen = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
        let seen = String::from_utf8(seen.to_vec()).unwrap();
        assert!(seen.contains("shown") && seen.contains("x-document-password") && !seen.contains("hush"), "{seen}");
    }
}
