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

/// A new session's `set-cookie`. It has no `Secure`: nothing tells for sure whether the browser came by https.
pub(super) fn fresh() -> Option<HeaderValue> {
    let cookie = Cookie::build((NAME, Uuid::new_v4().to_string()))
        .http_only(true)
        .same_site(SameSite::Strict)
        .path("/")
        .max_age(KEPT)
        .build();
    HeaderValue::from_str(&cookie.to_string()).ok()
}
