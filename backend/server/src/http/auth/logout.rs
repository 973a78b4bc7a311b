use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use inkstream_core::accounts;
use inkstream_wire::{Problem, RefreshRequest, routes};

use super::refresh_cookie;
use crate::http::{
    Service,
    caller::bearer,
    extract::optional_json,
    failure::Failure,
    request_origin::{RequestOrigin, require_same_origin},
};

/// Ends the session of a refresh token (body or cookie), or else of the access token.
///
/// Its access tokens are refused from now on, too. A session that is over already is no error.
#[utoipa::path(post, path = routes::LOGOUT, tag = "Accounts", operation_id = "sign_out",
    request_body(content = Option<RefreshRequest>),
    responses(
        (status = 204, description = "Signed out"),
        (status = 403, description = "A cookie from another site's page", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn sign_out(
    State(service): State<Arc<Service>>,
    request_origin: RequestOrigin,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let session = match bearer(&headers) {
        Some(token) => accounts::authenticate(&service.app, token).await.ok().and_then(|found| found.session()),
        None => None,
    };
    let given = optional_json::<RefreshRequest>(&body)?.refresh_token;
    let cookie = refresh_cookie::in_headers(&headers).filter(|_| given.is_none());
    if cookie.is_some() {
        require_same_origin(&headers)?;
    }
    accounts::sign_out(&service.app, given.or(cookie).as_ref(), session, request_origin.address).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cleared) = refresh_cookie::clear(request_origin.secure) {
        response.headers_mut().insert(header::SET_COOKIE, cleared);
    }
    Ok(response)
}
