use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use inkstream_core::Error;
use inkstream_wire::{ErrorCode, Grouping, Problem, UsageEvent, UsageSummary, routes};

use crate::http::{
    Service,
    caller::RequireReadScope,
    extract::Query,
    failure::Failure,
    ledger::{self, SummaryQuery, UsageQuery},
};

/// The caller's ledger, latest first, at most 200 rows.
#[utoipa::path(get, path = routes::USAGE, tag = "Usage", operation_id = "usage", params(UsageQuery),
    responses(
        (status = 200, description = "The rows", content((Vec<UsageEvent> = "application/json"), (String = "text/csv"))),
        (status = 400, description = "The query is wrong", body = Problem, content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn usage(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
    Query(query): Query<UsageQuery>,
) -> Result<Response, Failure> {
    Ok(ledger::rows(&service.app, Some(caller.owner.user), &query).await?)
}

/// The totals of the caller's ledger, on request also by day, model or key.
#[utoipa::path(get, path = routes::USAGE_SUMMARY, tag = "Usage", operation_id = "usage_summary", params(SummaryQuery),
    responses(
        (status = 200, description = "The totals", body = UsageSummary),
        (status = 400, description = "The query is wrong", body = Problem, content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn summary(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
    Query(query): Query<SummaryQuery>,
) -> Result<Json<UsageSummary>, Failure> {
    if query.by == Some(Grouping::User) {
        return Err(Error::new(ErrorCode::InvalidOption, "by must be day, model or key here.").into());
    }
    Ok(ledger::totals(&service.app, Some(caller.owner.user), &query).await?)
}
