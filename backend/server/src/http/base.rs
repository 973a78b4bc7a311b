//! Serves all routes beneath a base path. Only this layer knows the path: it strips the path from requests, and adds it to the
//! `Location` and `Set-Cookie` headers of responses.

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

/// Nests the routes beneath `base`. They also answer without it, because some proxies strip the path, and probes ask the server
/// directly.
pub(super) fn nest(base: &BasePath, router: Router) -> Router {
    if base.is_empty() {
        return router;
    }
    Router::new().fallback_service(router).layer(middleware::from_fn_with_state(Arc::new(base.clone()), rewrite))
}

async fn rewrite(State(base): State<Arc<BasePath>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path == base.as_str() {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        // Without the slash, relative URLs in the page would lose the last segment.
        return Redirect::permanent(&format!("{base}/{query}")).into_response();
    }
    if base.strip(path).is_some()
        && let Some(uri) = strip_base(&base, request.uri())
    {
        *request.uri_mut() = uri;
    }
    let mut response = next.run(request).await;
    prefix_location(&base, response.headers_mut());
    prefix_cookies(&base, response.headers_mut());
    response
}

fn strip_base(base: &BasePath, uri: &Uri) -> Option<Uri> {
    let path_and_query = base.strip(uri.path_and_query()?.as_str())?.parse().ok()?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query);
    Uri::from_parts(parts).ok()
}

fn prefix_location(base: &BasePath, headers: &mut HeaderMap) {
    let Some(location) = headers.get(header::LOCATION).and_then(|value| value.to_str().ok()) else { return };
    if location.starts_with('/')
        && !location.starts_with("//")
        && let Ok(prefixed) = HeaderValue::from_str(&format!("{base}{location}"))
    {
        headers.insert(header::LOCATION, prefixed);
    }
}

fn prefix_cookies(base: &BasePath, headers: &mut HeaderMap) {
    let cookies: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies {
        let prefixed = prefixed_cookie(base, &cookie).unwrap_or(cookie);
        headers.append(header::SET_COOKIE, prefixed);
    }
}

fn prefixed_cookie(base: &BasePath, value: &HeaderValue) -> Option<HeaderValue> {
    let mut cookie = Cookie::parse(value.to_str().ok()?.to_owned()).ok()?;
    let path = format!("{base}{}", cookie.path()?);
    cookie.set_path(path);
    HeaderValue::from_str(&cookie.to_string()).ok()
}
