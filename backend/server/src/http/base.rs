//! The server beneath a path of a host that has other sites, too. Only this layer knows it: requests lose the path on their way in,
//! and the addresses in an answer's headers get it on their way out.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Redirect, Response},
};
use cookie::Cookie;
use http::{HeaderMap, HeaderValue, Uri, header};

use crate::settings::BasePath;

/// The same routes beneath `base`. They answer without it, too: to a proxy that takes it off, and to whoever asks the server itself
/// for its health.
pub(super) fn beneath(base: &BasePath, router: Router) -> Router {
    if base.is_empty() {
        return router;
    }
    Router::new().fallback_service(router).layer(middleware::from_fn_with_state(Arc::new(base.clone()), place))
}

async fn place(State(base): State<Arc<BasePath>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path == base.as_str() {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        // Addresses relative to the page would miss the last segment.
        return Redirect::permanent(&format!("{base}/{query}")).into_response();
    }
    if base.strip(path).is_some()
        && let Some(uri) = stripped(&base, request.uri())
    {
        *request.uri_mut() = uri;
    }
    let mut response = next.run(request).await;
    place_location(&base, response.headers_mut());
    place_cookies(&base, response.headers_mut());
    response
}

fn stripped(base: &BasePath, uri: &Uri) -> Option<Uri> {
    let path_and_query = base.strip(uri.path_and_query()?.as_str())?.parse().ok()?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query);
    Uri::from_parts(parts).ok()
}

fn place_location(base: &BasePath, headers: &mut HeaderMap) {
    let Some(location) = headers.get(header::LOCATION).and_then(|value| value.to_str().ok()) else { return };
    if location.starts_with('/')
        && !location.starts_with("//")
        && let Ok(placed) = HeaderValue::from_str(&format!("{base}{location}"))
    {
        headers.insert(header::LOCATION, placed);
    }
}

fn place_cookies(base: &BasePath, headers: &mut HeaderMap) {
    let cookies: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies {
        let placed = placed_cookie(base, &cookie).unwrap_or(cookie);
        headers.append(header::SET_COOKIE, placed);
    }
}

fn placed_cookie(base: &BasePath, value: &HeaderValue) -> Option<HeaderValue> {
    let mut cookie = Cookie::parse(value.to_str().ok()?.to_owned()).ok()?;
    let path = format!("{base}{}", cookie.path()?);
    cookie.set_path(path);
    HeaderValue::from_str(&cookie.to_string()).ok()
}
