use std::sync::Arc;

use axum::{Json, extract::State};
use http::StatusCode;
use inkstream_core::accounts;
use inkstream_wire::{Account, AccountDeletion, PasswordChange, Problem, UserId, routes};

use crate::http::{
    Service,
    caller::{Caller, SignedIn},
    extract,
    failure::Failure,
};

/// Says who the caller is, and what is left of the month's quotas.
#[utoipa::path(get, path = routes::ME, tag = "Accounts", operation_id = "me",
    responses(
        (status = 200, description = "The caller", body = Account),
        (status = 401, description = "No token, or a wrong one", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn me(State(service): State<Arc<Service>>, caller: Caller) -> Result<Json<Account>, Failure> {
    Ok(Json(accounts::account(&service.app, UserId(caller.owner.user)).await?))
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
pub(in crate::http) async fn change_password(
    State(service): State<Arc<Service>>,
    SignedIn { user, address }: SignedIn,
    extract::Json(change): extract::Json<PasswordChange>,
) -> Result<StatusCode, Failure> {
    accounts::change_password(&service.app, &user, change, address).await?;
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
pub(in crate::http) async fn delete(
    State(service): State<Arc<Service>>,
    SignedIn { user, address }: SignedIn,
    extract::Json(deletion): extract::Json<AccountDeletion>,
) -> Result<StatusCode, Failure> {
    accounts::delete_account(&service.app, &user, deletion.password, address).await?;
    Ok(StatusCode::NO_CONTENT)
}
