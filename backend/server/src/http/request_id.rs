//! `x-request-id`: the caller's if it is short and plain, else a new one. It is on every response and every log line.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderName, HeaderValue};
use tracing::Instrument;
use uuid::Uuid;

pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

#[derive(Debug, Clone)]
pub(super) struct RequestId(HeaderValue);

impl RequestId {
    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// Assigns the request its id, and returns it with the response.
pub(super) async fn assign(mut request: Request, next: Next) -> Response {
    let id = RequestId(request.headers().get(HEADER).filter(|value| is_plain(value)).cloned().unwrap_or_else(new_id));
    let span = tracing::info_span!("request", request_id = id.as_str());
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).instrument(span).await;
    response.headers_mut().insert(HEADER, id.0);
    response
}

fn is_plain(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    (1..=64).contains(&bytes.len()) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b))
}

fn new_id() -> HeaderValue {
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    let text = Uuid::new_v4().hyphenated().encode_lower(&mut text);
    // A UUID is always a valid header value. The fallback is never reached, and would only lose the id.
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("none"))
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
