use std::sync::Arc;

use axum::{Json, extract::State};
use http::{HeaderValue, StatusCode, header};
use inkstream_core::accounts;
use inkstream_wire::{ApiKey, ApiKeyId, CreatedApiKey, NewApiKey, Problem, routes};

use crate::http::{
    Service,
    caller::SignedIn,
    extract::{self, Path},
    failure::Failure,
};

/// Lists the caller's API keys, latest first.
#[utoipa::path(get, path = routes::API_KEYS, tag = "Accounts", operation_id = "list_api_keys",
    responses(
        (status = 200, description = "The keys, without the keys themselves", body = Vec<ApiKey>),
        (status = 403, description = "Not with an API key", body = Problem, content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn list(
    State(service): State<Arc<Service>>,
    SignedIn { user, .. }: SignedIn,
) -> Result<Json<Vec<ApiKey>>, Failure> {
    Ok(Json(accounts::keys(&service.app, user.id).await?))
}

/// Makes an API key. It is shown this once.
#[utoipa::path(post, path = routes::API_KEYS, tag = "Accounts", operation_id = "create_api_key",
    request_body = NewApiKey,
    responses(
        (status = 201, description = "Made", body = CreatedApiKey),
        (status = 400, description = "A name, scope or end that cannot be", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "Not with an API key", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There are 20 already", body = Problem, content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn create(
    State(service): State<Arc<Service>>,
    SignedIn { user, address }: SignedIn,
    extract::Json(wanted): extract::Json<NewApiKey>,
) -> Result<(StatusCode, [(header::HeaderName, HeaderValue); 1], Json<CreatedApiKey>), Failure> {
    let created = accounts::create_key(&service.app, user.id, wanted, address).await?;
    let uncached = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::CREATED, uncached, Json(created)))
}

/// Revokes an API key: it is refused from now on.
#[utoipa::path(delete, path = routes::API_KEY, tag = "Accounts", operation_id = "revoke_api_key",
    params(("id" = ApiKeyId, Path, description = "The key")),
    responses(
        (status = 204, description = "Revoked"),
        (status = 403, description = "Not with an API key", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such key, or another's", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn revoke(
    State(service): State<Arc<Service>>,
    SignedIn { user, address }: SignedIn,
    Path(id): Path<ApiKeyId>,
) -> Result<StatusCode, Failure> {
    accounts::revoke_key(&service.app, user.id, id, address).await?;
    Ok(StatusCode::NO_CONTENT)
}
