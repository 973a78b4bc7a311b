//! For admins who have signed in: users, engines, the audit trail.

use std::sync::Arc;

use axum::{Json, extract::State};
use inkstream_core::{accounts, ports::MAX_ROWS};
use inkstream_wire::{Account, Accounts, AuditEvent, AuditId, EngineState, Problem, UserId, UserPatch, routes};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Service,
    caller::Admin,
    extract::{self, Path, Query},
    failure::Failure,
    to_wire,
};

pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(users))
        .routes(routes!(change_user))
        .routes(routes!(engines))
        .routes(routes!(audit))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct UsersQuery {
    /// Only users whose names come after this one.
    after: Option<String>,
}

/// Lists users by name with quotas and this month's usage, at most 200.
#[utoipa::path(get, path = routes::ADMIN_USERS, tag = "Administration", operation_id = "list_users", params(UsersQuery),
    responses(
        (status = 200, description = "The users", body = Accounts),
        (status = 403, description = "For admins alone", body = Problem, content_type = "application/problem+json"),
    ))]
async fn users(
    State(service): State<Arc<Service>>,
    _: Admin,
    Query(query): Query<UsersQuery>,
) -> Result<Json<Accounts>, Failure> {
    let accounts = accounts::accounts(&service.accounts, query.after.as_deref()).await?;
    let last = accounts.last().map(|account| account.user.username.clone());
    let next = last.filter(|_| accounts.len() >= MAX_ROWS as usize);
    Ok(Json(Accounts { users: accounts.into_iter().map(to_wire::account).collect(), next }))
}

/// Changes a user's role, state or quotas. Fields that are left out stay unchanged.
#[utoipa::path(patch, path = routes::ADMIN_USER, tag = "Administration", operation_id = "change_user",
    params(("id" = UserId, Path, description = "The user")),
    request_body = UserPatch,
    responses(
        (status = 200, description = "The user as it is now", body = Account),
        (status = 403, description = "For admins alone", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such user", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The last admin, or the anonymous user", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn change_user(
    State(service): State<Arc<Service>>,
    Admin { id: actor, address }: Admin,
    Path(id): Path<UserId>,
    extract::Json(patch): extract::Json<UserPatch>,
) -> Result<Json<Account>, Failure> {
    let changed = accounts::change(&service.accounts, Some(actor), id, patch, address).await?;
    Ok(Json(to_wire::account(changed)))
}

/// Lists the engines with their state.
#[utoipa::path(get, path = routes::ADMIN_ENGINES, tag = "Administration", operation_id = "engines",
    responses(
        (status = 200, description = "The engines, the default one first", body = Vec<EngineState>),
        (status = 403, description = "For admins alone", body = Problem, content_type = "application/problem+json"),
    ))]
async fn engines(State(service): State<Arc<Service>>, _: Admin) -> Json<Vec<EngineState>> {
    Json(to_wire::engines(service.runs.engines.statuses(&*service.runs.clock).await))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Only rows older than this one.
    before: Option<AuditId>,
}

/// Lists the audit trail of security events, latest first, at most 200 rows.
#[utoipa::path(get, path = routes::ADMIN_AUDIT, tag = "Administration", operation_id = "audit", params(AuditQuery),
    responses(
        (status = 200, description = "The events", body = Vec<AuditEvent>),
        (status = 403, description = "For admins alone", body = Problem, content_type = "application/problem+json"),
    ))]
async fn audit(
    State(service): State<Arc<Service>>,
    _: Admin,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Vec<AuditEvent>>, Failure> {
    let rows = accounts::audit_trail(&service.accounts, query.before).await?;
    Ok(Json(rows.into_iter().map(to_wire::audit_event).collect()))
}
