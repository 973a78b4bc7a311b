use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use inkstream_wire::{Problem, UsageEvent, UsageSummary, routes};

use crate::http::{
    Service,
    caller::Admin,
    extract::Query,
    failure::Failure,
    ledger::{self, SummaryQuery, UsageQuery},
};

/// The ledger of all users with their names, latest first, at most 200 rows.
#[utoipa::path(get, path = routes::ADMIN_USAGE, tag = "Administration", operation_id = "usage_of_all", params(UsageQuery),
    responses(
        (status = 200, description = "The rows", content((Vec<UsageEvent> = "application/json"), (String = "text/csv"))),
        (status = 403, description = "For admins alone", body = Problem, content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn usage(
    State(service): State<Arc<Service>>,
    _: Admin,
    Query(query): Query<UsageQuery>,
) -> Result<Response, Failure> {
    Ok(ledger::rows(&service.app, None, &query).await?)
}

/// The totals of all users, on request also by day, model, key or user.
#[utoipa::path(get, path = routes::ADMIN_USAGE_SUMMARY, tag = "Administration", operation_id = "usage_summary_of_all",
    params(SummaryQuery),
    responses(
        (status = 200, description = "The totals", body = UsageSummary),
        (status = 403, description = "For admins alone", body = Problem, content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn summary(
    State(service): State<Arc<Service>>,
    _: Admin,
    Query(query): Query<SummaryQuery>,
) -> Result<Json<UsageSummary>, Failure> {
    Ok(ledger::totals(&service.app, None, &query).await?)
}
