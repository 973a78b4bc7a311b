use std::sync::Arc;

use axum::{Json, extract::State};
use inkstream_wire::{UsageSummary, routes};

use crate::http::{Service, caller::Caller, failure::Failure};

/// The totals of the caller's ledger.
#[utoipa::path(get, path = routes::USAGE_SUMMARY, tag = "Account", operation_id = "usage_summary",
    responses((status = 200, description = "The totals", body = UsageSummary)))]
pub(in crate::http) async fn summary(
    State(service): State<Arc<Service>>,
    caller: Caller,
) -> Result<Json<UsageSummary>, Failure> {
    Ok(Json(service.app.store.usage_summary(caller.owner.user).await?))
}
