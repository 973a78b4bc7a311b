use std::sync::Arc;

use axum::{Json, extract::State};
use inkstream_core::accounts;
use inkstream_wire::{AuditEvent, AuditId, Problem, routes};
use serde::Deserialize;

use crate::http::{Service, caller::Admin, extract::Query, failure::Failure};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct AuditQuery {
    /// Only rows older than this one.
    before: Option<AuditId>,
}

/// The trail of security events, latest first, at most 200 rows.
#[utoipa::path(get, path = routes::ADMIN_AUDIT, tag = "Administration", operation_id = "audit", params(AuditQuery),
    responses(
        (status = 200, description = "The events", body = Vec<AuditEvent>),
        (status = 403, description = "For admins alone", body = Problem, content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn audit(
    State(service): State<Arc<Service>>,
    _: Admin,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Vec<AuditEvent>>, Failure> {
    Ok(Json(accounts::audit_trail(&service.app, query.before).await?))
}
