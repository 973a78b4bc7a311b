//! The browser's refresh token: a cookie that no script reads and that no other site's page can use.

use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderMap, HeaderValue};
use inkstream_core::accounts::Issued;
use inkstream_wire::Secret;

use crate::http::cookies;

const NAME: &str = "inkstream_refresh";
/// The browser sends the cookie only to these routes.
const PATH: &str = "/api/auth";

pub(super) fn in_headers(headers: &HeaderMap) -> Option<Secret> {
    cookies::named(headers, NAME).map(|cookie| Secret(cookie.value().to_owned()))
}

/// The `set-cookie` header of a new refresh token.
pub(super) fn set(issued: &Issued, secure: bool) -> Option<HeaderValue> {
    let lifetime = Duration::try_from(issued.session_lifetime).unwrap_or(Duration::days(1));
    header(issued.refresh.0.clone(), lifetime, secure)
}

/// The `set-cookie` header that deletes the cookie.
pub(super) fn clear(secure: bool) -> Option<HeaderValue> {
    header(String::new(), Duration::ZERO, secure)
}

fn header(value: String, max_age: Duration, secure: bool) -> Option<HeaderValue> {
    let cookie = Cookie::build((NAME, value))
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .path(PATH)
        .max_age(max_age)
        .build();
    HeaderValue::from_str(&cookie.to_string()).ok()
}
