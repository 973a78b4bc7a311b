use std::sync::Arc;

use axum::{Json, extract::State};
use http::StatusCode;
use inkstream_core::accounts;
use inkstream_wire::{Problem, Registration, User, routes};

use crate::http::{Service, extract, failure::Failure, request_origin::RequestOrigin};

/// Makes an account.
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
pub(in crate::http) async fn register(
    State(service): State<Arc<Service>>,
    request_origin: RequestOrigin,
    extract::Json(wanted): extract::Json<Registration>,
) -> Result<(StatusCode, Json<User>), Failure> {
    let user = accounts::register(&service.app, wanted, request_origin.address).await?;
    Ok((StatusCode::CREATED, Json(user)))
}
