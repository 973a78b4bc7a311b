//! Signing in and out, and registration.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use inkstream_core::accounts::{self, Issued};
use inkstream_wire::{
    AuthSettings, ErrorCode, Problem, RefreshRequest, Registration, Secret, TokenAnswer, TokenProblem, User, routes,
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Service,
    caller::bearer,
    cookies,
    extract::{self, Form, optional_json},
    failure::Failure,
    request_origin::{RequestOrigin, require_same_origin},
    to_wire,
};

pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(settings))
        .routes(routes!(register))
        .routes(routes!(sign_in))
        .routes(routes!(refresh))
        .routes(routes!(sign_out))
}

/// Returns what a web page needs before anyone signs in.
#[utoipa::path(get, path = routes::AUTH_SETTINGS, tag = "Accounts", operation_id = "auth_settings", security(()),
    responses((status = 200, description = "The settings", body = AuthSettings)))]
async fn settings(State(service): State<Arc<Service>>, _: RequestOrigin) -> Json<AuthSettings> {
    let policy = &service.accounts.auth.policy;
    Json(AuthSettings {
        auth_enabled: policy.required,
        anonymous_allowed: policy.lets_anyone_in(),
        registration_enabled: policy.registration,
        currency: service.runs.prices.currency.clone(),
    })
}

/// Creates an account.
#[utoipa::path(post, path = routes::REGISTER, tag = "Accounts", operation_id = "register", security(()),
    request_body = Registration,
    responses(
        (status = 201, description = "Made", body = User),
        (status = 403, description = "Registration is off", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The name, or one that looks like it, is taken", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "The name or the password cannot be used", body = Problem,
            content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
    ))]
async fn register(
    State(service): State<Arc<Service>>,
    request_origin: RequestOrigin,
    extract::Json(wanted): extract::Json<Registration>,
) -> Result<(StatusCode, Json<User>), Failure> {
    let user = accounts::register(&service.accounts, wanted, request_origin.address).await?;
    Ok((StatusCode::CREATED, Json(to_wire::user(user))))
}

/// `OAuth2`'s password flow (RFC 6749, section 4.3), and its refreshing (section 6). Who the client is, and which scope it
/// wants, counts for nothing here.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct TokenRequest {
    /// `password` (or left out) or `refresh_token`.
    grant_type: Option<String>,
    /// With `password`: the username.
    username: Option<String>,
    /// With `password`: the password.
    password: Option<Secret>,
    /// With `refresh_token`: the refresh token, which is used up.
    refresh_token: Option<Secret>,
    /// Whether to send the refresh token as a cookie; only for the server's own web page.
    #[serde(default)]
    cookie: bool,
}

/// Signs in, or exchanges a refresh token for new tokens.
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
async fn sign_in(
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
            accounts::sign_in(&service.accounts, &username, password, request_origin.address).await?
        }
        "refresh_token" => {
            let given = form.refresh_token.filter(|token| !token.0.is_empty());
            let token = given.ok_or_else(|| missing("refresh_token"))?;
            accounts::refresh(&service.accounts, &token, request_origin.address).await?
        }
        _ => {
            let detail = "grant_type must be password or refresh_token.";
            return Err(Failure::new(ErrorCode::InvalidOption, detail));
        }
    };
    Ok(token_response(issued, form.cookie, request_origin))
}

/// Exchanges a refresh token for a new access token and a new refresh token. The old refresh token becomes invalid.
///
/// Programs send it in the body. If the body is empty, the browser's cookie is used.
#[utoipa::path(post, path = routes::REFRESH, tag = "Accounts", operation_id = "refresh", security(()),
    request_body(content = Option<RefreshRequest>),
    responses(
        (status = 200, description = "The tokens", body = TokenAnswer),
        (status = 401, description = "The session is over", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A cookie from another site's page", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn refresh(
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
        let cookie = cookies::refresh_token(&headers);
        let cookie = cookie.ok_or_else(|| Failure::new(ErrorCode::Unauthorized, "There is no session. Sign in."))?;
        require_same_origin(&headers)?;
        cookie
    };
    let issued = accounts::refresh(&service.accounts, &token, request_origin.address).await?;
    Ok(token_response(issued, by_cookie, request_origin))
}

/// Ends the session of a refresh token (body or cookie), or else of the access token.
///
/// Its access tokens are refused from now on, too. It is not an error if the session has ended already.
#[utoipa::path(post, path = routes::LOGOUT, tag = "Accounts", operation_id = "sign_out",
    request_body(content = Option<RefreshRequest>),
    responses(
        (status = 204, description = "Signed out"),
        (status = 403, description = "A cookie from another site's page", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn sign_out(
    State(service): State<Arc<Service>>,
    request_origin: RequestOrigin,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let session = match bearer(&headers) {
        Some(token) => accounts::authenticate(&service.accounts, token).await.ok().and_then(|found| found.session()),
        None => None,
    };
    let given = optional_json::<RefreshRequest>(&body)?.refresh_token;
    let cookie = cookies::refresh_token(&headers).filter(|_| given.is_none());
    if cookie.is_some() {
        require_same_origin(&headers)?;
    }
    accounts::sign_out(&service.accounts, given.or(cookie).as_ref(), session, request_origin.address).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cleared) = cookies::clear_refresh_token(request_origin.secure) {
        response.headers_mut().insert(header::SET_COOKIE, cleared);
    }
    Ok(response)
}

/// The response with new tokens, which no cache may store (RFC 6749, section 5.1).
fn token_response(issued: Issued, by_cookie: bool, request_origin: RequestOrigin) -> Response {
    let cookie = by_cookie.then(|| cookies::set_refresh_token(&issued, request_origin.secure)).flatten();
    let answer = TokenAnswer {
        access_token: issued.access,
        token_type: "bearer".to_owned(),
        expires_in: issued.expires_in.as_secs(),
        refresh_token: (!by_cookie).then_some(issued.refresh),
    };
    let uncached = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    let mut response = (uncached, Json(answer)).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Whether `OAuth2` clients read the responses of this path.
pub(super) fn is_token_route(path: &str) -> bool {
    path == routes::TOKEN
}

/// Converts a problem of the token route to an `OAuth2` error. A wrong password or refresh token keeps the status 401 that it has on
/// every route, where RFC 6749 has 400; clients go by the error code.
pub(super) fn token_problem(problem: Problem) -> TokenProblem {
    let error = match problem.code {
        ErrorCode::Unauthorized => "invalid_grant",
        ErrorCode::InvalidOption => "unsupported_grant_type",
        ErrorCode::TooManyRequests | ErrorCode::Unavailable => "temporarily_unavailable",
        code if code.status() >= 500 => "server_error",
        _ => "invalid_request",
    };
    // RFC 6749, section 5.2: printable ASCII without quotes and backslashes.
    let allowed = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    let error_description = problem.detail.chars().filter(allowed).collect();
    TokenProblem { error: error.to_owned(), error_description, problem }
}
