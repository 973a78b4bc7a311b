//! Two cookies that scripts cannot read and other sites cannot use: the browser's session, which separates the documents of different
//! browsers without sign-in, and the refresh token of a user who has signed in.

use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderMap, HeaderValue, header};
use inkstream_core::accounts::Issued;
use inkstream_wire::Secret;
use uuid::Uuid;

const SESSION: &str = "inkstream_session";
/// Browsers cap a cookie's lifetime at 400 days.
const SESSION_MAX_AGE: Duration = Duration::days(400);

const REFRESH: &str = "inkstream_refresh";
/// The browser sends the refresh token only to these routes.
const REFRESH_PATH: &str = "/api/auth";

/// The session of the browser that sent a request.
pub(super) fn session(headers: &HeaderMap) -> Option<Uuid> {
    find(headers, SESSION).and_then(|cookie| Uuid::try_parse(cookie.value()).ok())
}

/// The `set-cookie` header of a session: the browser's own, or a new one. `secure`: whether the request used https. The name has no
/// prefix `__Host-`, which https requires: a browser that changes from http to https would lose its documents.
pub(super) fn set_session(session: Option<Uuid>, secure: bool) -> Option<HeaderValue> {
    let session = session.unwrap_or_else(Uuid::new_v4);
    set(SESSION, session.to_string(), "/", SESSION_MAX_AGE, secure)
}

/// The refresh token of the browser that sent a request.
pub(super) fn refresh_token(headers: &HeaderMap) -> Option<Secret> {
    find(headers, REFRESH).map(|cookie| Secret(cookie.value().to_owned()))
}

/// The `set-cookie` header of a new refresh token.
pub(super) fn set_refresh_token(issued: &Issued, secure: bool) -> Option<HeaderValue> {
    let lifetime = Duration::try_from(issued.session_lifetime).unwrap_or(Duration::days(1));
    set(REFRESH, issued.refresh.0.clone(), REFRESH_PATH, lifetime, secure)
}

/// The `set-cookie` header that deletes the refresh token.
pub(super) fn clear_refresh_token(secure: bool) -> Option<HeaderValue> {
    set(REFRESH, String::new(), REFRESH_PATH, Duration::ZERO, secure)
}

fn set(name: &'static str, value: String, path: &'static str, max_age: Duration, secure: bool) -> Option<HeaderValue> {
    let cookie = Cookie::build((name, value))
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .path(path)
        .max_age(max_age)
        .build();
    HeaderValue::from_str(&cookie.to_string()).ok()
}

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cookie<'a>> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
}
