use std::sync::Arc;

use axum::{Json, extract::State};
use inkstream_wire::{Problem, User, routes};

use crate::http::{Service, caller::Caller};

/// Says who the caller is.
#[utoipa::path(get, path = routes::ME, tag = "Account", operation_id = "me",
    responses(
        (status = 200, description = "The caller", body = User),
        (status = 401, description = "The token is wrong", body = Problem, content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn me(State(service): State<Arc<Service>>, caller: Caller) -> Json<User> {
    Json(User { username: service.anonymous.1.clone(), anonymous: caller.owner.anonymous })
}
