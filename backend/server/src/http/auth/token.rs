use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::HeaderMap;
use inkstream_core::accounts;
use inkstream_wire::{ErrorCode, Problem, Secret, TokenAnswer, routes};
use serde::Deserialize;

use crate::http::{
    Service,
    extract::Form,
    failure::Failure,
    visitor::{Visitor, demand_same_origin},
};

/// OAuth2's password flow (RFC 6749, section 4.3).
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(in crate::http) struct SignIn {
    /// `password`, or left out.
    #[serde(default)]
    grant_type: Option<String>,
    /// The username.
    username: String,
    /// The password.
    password: Secret,
    /// Whether the refresh token comes as a cookie; for the server's own page alone.
    #[serde(default)]
    cookie: bool,
}

/// Signs in.
#[utoipa::path(post, path = routes::TOKEN, tag = "Accounts", operation_id = "sign_in", security(()),
    request_body(content = inline(SignIn), content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The tokens", body = TokenAnswer),
        (status = 401, description = "The username or password is wrong", body = Problem,
            content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong passwords", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "Too many people sign in right now", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn sign_in(
    State(service): State<Arc<Service>>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Result<Response, Failure> {
    if form.grant_type.as_deref().is_some_and(|kind| !matches!(kind, "" | "password")) {
        return Err(Failure::new(ErrorCode::BadRequest, "grant_type must be password."));
    }
    if form.cookie {
        demand_same_origin(&headers)?;
    }
    let issued = accounts::sign_in(&service.app, &form.username, form.password, visitor.address).await?;
    Ok(super::tokens(issued, form.cookie, visitor))
}
