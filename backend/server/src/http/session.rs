//! The browser's session: a cookie with a random id, given with the web app's page. It tells browsers apart where nobody
//! signs in, so that each sees its own documents.

use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use super::cookies;

const NAME: &str = "inkstream_session";
/// Browsers keep no cookie longer than 400 days.
const KEPT: Duration = Duration::days(400);

/// The session that a request's cookies name.
pub(super) fn of(headers: &HeaderMap) -> Option<Uuid> {
    cookies::named(headers, NAME).and_then(|cookie| Uuid::try_parse(cookie.value()).ok())
}

/// The `set-cookie` of a session, a new one or the one that the browser has. `secure`: whether it came by https. The name has
/// no prefix `__Host-`: it would be another one by http, and a browser that changes over would lose its documents.
pub(super) fn cookie(session: Option<Uuid>, secure: bool) -> Option<HeaderValue> {
    let session = session.unwrap_or_else(Uuid::new_v4);
    let cookie = Cookie::build((NAME, session.to_string()))
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .path("/")
        .max_age(KEPT)
        .build();
    HeaderValue::from_str(&cookie.to_string()).ok()
}
