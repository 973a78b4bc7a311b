//! The caller's own account and its API keys.

use std::sync::Arc;

use axum::{Json, extract::State};
use http::{HeaderValue, StatusCode, header};
use inkstream_core::accounts;
use inkstream_wire::{
    Account, AccountDeletion, ApiKey, ApiKeyId, CreatedApiKey, NewApiKey, PasswordChange, Problem, UserId, routes,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Service,
    caller::{Caller, SignedIn},
    extract::{self, Path},
    failure::Failure,
    to_wire,
};

pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(me, delete_me))
        .routes(routes!(change_password))
        .routes(routes!(api_keys, create_api_key))
        .routes(routes!(revoke_api_key))
}

/// Returns the caller's account, and the rest of the month's quotas.
#[utoipa::path(get, path = routes::ME, tag = "Accounts", operation_id = "me",
    responses(
        (status = 200, description = "The caller", body = Account),
        (status = 401, description = "No token, or a wrong one", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn me(State(service): State<Arc<Service>>, caller: Caller) -> Result<Json<Account>, Failure> {
    Ok(Json(to_wire::account(accounts::account(&service.accounts, UserId(caller.owner.user)).await?)))
}

/// Changes the password. Every session of the user ends, this one too.
#[utoipa::path(patch, path = routes::PASSWORD, tag = "Accounts", operation_id = "change_password",
    request_body = PasswordChange,
    responses(
        (status = 204, description = "Changed"),
        (status = 401, description = "The current password is wrong", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "Not with an API key", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The new password cannot be used", body = Problem,
            content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong passwords", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn change_password(
    State(service): State<Arc<Service>>,
    SignedIn { user, address }: SignedIn,
    extract::Json(change): extract::Json<PasswordChange>,
) -> Result<StatusCode, Failure> {
    accounts::change_password(&service.accounts, &user, change, address).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes the account with its documents, keys and sessions. The ledger's rows stay, without a name.
#[utoipa::path(delete, path = routes::ME, tag = "Accounts", operation_id = "delete_account",
    request_body = AccountDeletion,
    responses(
        (status = 204, description = "Deleted"),
        (status = 401, description = "The password is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not with an API key", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The last admin", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong passwords", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn delete_me(
    State(service): State<Arc<Service>>,
    SignedIn { user, address }: SignedIn,
    extract::Json(deletion): extract::Json<AccountDeletion>,
) -> Result<StatusCode, Failure> {
    accounts::delete_account(&service.accounts, &user, deletion.password, address).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the caller's API keys, latest first.
#[utoipa::path(get, path = routes::API_KEYS, tag = "Accounts", operation_id = "list_api_keys",
    responses(
        (status = 200, description = "The keys, without the keys themselves", body = Vec<ApiKey>),
        (status = 403, description = "Not with an API key", body = Problem, content_type = "application/problem+json"),
    ))]
async fn api_keys(
    State(service): State<Arc<Service>>,
    SignedIn { user, .. }: SignedIn,
) -> Result<Json<Vec<ApiKey>>, Failure> {
    let keys = accounts::keys(&service.accounts, user.id).await?;
    Ok(Json(keys.into_iter().map(to_wire::api_key).collect()))
}

/// Creates an API key. Only this answer contains it.
#[utoipa::path(post, path = routes::API_KEYS, tag = "Accounts", operation_id = "create_api_key",
    request_body = NewApiKey,
    responses(
        (status = 201, description = "Made", body = CreatedApiKey),
        (status = 400, description = "A name, scope or end that cannot be", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "Not with an API key", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There are 20 already", body = Problem, content_type = "application/problem+json"),
    ))]
async fn create_api_key(
    State(service): State<Arc<Service>>,
    SignedIn { user, address }: SignedIn,
    extract::Json(wanted): extract::Json<NewApiKey>,
) -> Result<(StatusCode, [(header::HeaderName, HeaderValue); 1], Json<CreatedApiKey>), Failure> {
    let created = accounts::create_key(&service.accounts, user.id, wanted, address).await?;
    let uncached = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::CREATED, uncached, Json(to_wire::created_key(created))))
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
async fn revoke_api_key(
    State(service): State<Arc<Service>>,
    SignedIn { user, address }: SignedIn,
    Path(id): Path<ApiKeyId>,
) -> Result<StatusCode, Failure> {
    accounts::revoke_key(&service.accounts, user.id, id, address).await?;
    Ok(StatusCode::NO_CONTENT)
}
