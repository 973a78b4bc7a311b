use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::HeaderMap;
use inkstream_core::accounts;
use inkstream_wire::{ErrorCode, Secret, TokenAnswer, TokenProblem, routes};
use serde::Deserialize;

use crate::http::{
    Service,
    extract::Form,
    failure::Failure,
    request_origin::{RequestOrigin, require_same_origin},
};

/// `OAuth2`'s password flow (RFC 6749, section 4.3), and its refreshing (section 6). Who the client is, and which scope it
/// wants, counts for nothing here.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(in crate::http) struct TokenRequest {
    /// `password` (or left out) or `refresh_token`.
    grant_type: Option<String>,
    /// With `password`: the username.
    username: Option<String>,
    /// With `password`: the password.
    password: Option<Secret>,
    /// With `refresh_token`: the refresh token, which is used up.
    refresh_token: Option<Secret>,
    /// Whether the refresh token comes as a cookie; for the server's own page alone.
    #[serde(default)]
    cookie: bool,
}

/// Signs in, or gives the next tokens for a refresh token.
#[utoipa::path(post, path = routes::TOKEN, tag = "Accounts", operation_id = "sign_in", security(()),
    request_body(content = inline(TokenRequest), content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The tokens", body = TokenAnswer),
        (status = 400, description = "Something is missing, or the grant type is another", body = TokenProblem,
            content_type = "application/problem+json"),
        (status = 401, description = "The username, password or refresh token is wrong", body = TokenProblem,
            content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong passwords", body = TokenProblem,
            content_type = "application/problem+json"),
        (status = 503, description = "Too many people sign in right now", body = TokenProblem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn sign_in(
    State(service): State<Arc<Service>>,
    request_origin: RequestOrigin,
    headers: HeaderMap,
    Form(form): Form<TokenRequest>,
) -> Result<Response, Failure> {
    if form.cookie {
        require_same_origin(&headers)?;
    }
    let missing = |name: &str| Failure::new(ErrorCode::BadRequest, format!("The form lacks the field {name}."));
    let issued = match form.grant_type.as_deref().unwrap_or_default() {
        "" | "password" => {
            let username = form.username.ok_or_else(|| missing("username"))?;
            let password = form.password.ok_or_else(|| missing("password"))?;
            accounts::sign_in(&service.app, &username, password, request_origin.address).await?
        }
        "refresh_token" => {
            let given = form.refresh_token.filter(|token| !token.0.is_empty());
            let token = given.ok_or_else(|| missing("refresh_token"))?;
            accounts::refresh(&service.app, &token, request_origin.address).await?
        }
        _ => {
            let detail = "grant_type must be password or refresh_token.";
            return Err(Failure::new(ErrorCode::InvalidOption, detail));
        }
    };
    Ok(super::token_response(issued, form.cookie, request_origin))
}
