use std::sync::Arc;

use axum::{body::Bytes, extract::State, response::Response};
use http::HeaderMap;
use inkstream_core::accounts;
use inkstream_wire::{ErrorCode, Problem, RefreshRequest, TokenAnswer, routes};

use super::refresh_cookie;
use crate::http::{
    Service,
    extract::optional_json,
    failure::Failure,
    request_origin::{RequestOrigin, require_same_origin},
};

/// Gives the next access token for a refresh token, which is used up: the answer has the next one.
///
/// Programs send it in the body; a browser's cookie does it for an empty one.
#[utoipa::path(post, path = routes::REFRESH, tag = "Accounts", operation_id = "refresh", security(()),
    request_body(content = Option<RefreshRequest>),
    responses(
        (status = 200, description = "The tokens", body = TokenAnswer),
        (status = 401, description = "The session is over", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A cookie from another site's page", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn refresh(
    State(service): State<Arc<Service>>,
    request_origin: RequestOrigin,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let given = optional_json::<RefreshRequest>(&body)?.refresh_token;
    let by_cookie = given.is_none();
    let token = if let Some(token) = given {
        token
    } else {
        let cookie = refresh_cookie::in_headers(&headers);
        let cookie = cookie.ok_or_else(|| Failure::new(ErrorCode::Unauthorized, "There is no session. Sign in."))?;
        require_same_origin(&headers)?;
        cookie
    };
    let issued = accounts::refresh(&service.app, &token, request_origin.address).await?;
    Ok(super::token_response(issued, by_cookie, request_origin))
}
