//! Signing in and out.

pub(super) mod logout;
pub(super) mod refresh;
mod refresh_cookie;
pub(super) mod register;
pub(super) mod settings;
pub(super) mod token;
mod token_problem;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use inkstream_core::accounts::Issued;
use inkstream_wire::TokenAnswer;

pub(super) use token_problem::{is_token_route, token_problem};

use super::request_origin::RequestOrigin;

/// The response with new tokens, which no cache may store (RFC 6749, section 5.1).
fn token_response(issued: Issued, by_cookie: bool, request_origin: RequestOrigin) -> Response {
    let cookie = by_cookie.then(|| refresh_cookie::set(&issued, request_origin.secure)).flatten();
    let answer = TokenAnswer {
        access_token: issued.access,
        token_type: "bearer".to_owned(),
        expires_in: issued.expires_in.as_secs(),
        refresh_token: (!by_cookie).then_some(issued.refresh),
    };
    let uncached = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    let mut response = (uncached, Json(answer)).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
