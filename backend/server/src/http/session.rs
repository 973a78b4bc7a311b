//! The browser's session: a cookie with a random id, set with the web app's page. It distinguishes browsers if nobody signs in, so
//! that each sees its own documents.

use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use super::cookies;

const NAME: &str = "inkstream_session";
/// Browsers cap a cookie's lifetime at 400 days.
const MAX_AGE: Duration = Duration::days(400);

pub(super) fn of(headers: &HeaderMap) -> Option<Uuid> {
    cookies::named(headers, NAME).and_then(|cookie| Uuid::try_parse(cookie.value()).ok())
}

/// The `set-cookie` header of a session: the browser's own, or a new one. `secure`: whether the request used https. The name has no
/// prefix `__Host-`, which https requires: a browser that changes from http to https would lose its documents.
pub(super) fn cookie(session: Option<Uuid>, secure: bool) -> Option<HeaderValue> {
    let session = session.unwrap_or_else(Uuid::new_v4);
    let cookie = Cookie::build((NAME, session.to_string()))
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .path("/")
        .max_age(MAX_AGE)
        .build();
    HeaderValue::from_str(&cookie.to_string()).ok()
}
