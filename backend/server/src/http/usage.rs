//! The ledger as JSON or CSV, and its totals: a user's own, and everyone's for admins.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use inkstream_core::{Error, Result, runs::Runs};
use inkstream_wire::{ErrorCode, Grouping, Problem, UsageEvent, UsageId, UsageSummary, routes};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Service,
    caller::{Admin, RequireReadScope},
    extract::Query,
    failure::Failure,
};

/// The caller's ledger, latest first, at most 200 rows.
#[utoipa::path(get, path = routes::USAGE, tag = "Usage", operation_id = "usage", params(UsageQuery),
    responses(
        (status = 200, description = "The rows", content((Vec<UsageEvent> = "application/json"), (String = "text/csv"))),
        (status = 400, description = "The query is wrong", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn own(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
    Query(query): Query<UsageQuery>,
) -> Result<Response, Failure> {
    Ok(rows(&service.runs, Some(caller.owner.user), &query).await?)
}

/// The totals of the caller's ledger, on request also by day, model or key.
#[utoipa::path(get, path = routes::USAGE_SUMMARY, tag = "Usage", operation_id = "usage_summary", params(SummaryQuery),
    responses(
        (status = 200, description = "The totals", body = UsageSummary),
        (status = 400, description = "The query is wrong", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn own_summary(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
    Query(query): Query<SummaryQuery>,
) -> Result<Json<UsageSummary>, Failure> {
    if query.by == Some(Grouping::User) {
        return Err(Error::new(ErrorCode::InvalidOption, "by must be day, model or key here.").into());
    }
    Ok(totals(&service.runs, Some(caller.owner.user), &query).await?)
}

/// The ledger of all users with their names, latest first, at most 200 rows.
#[utoipa::path(get, path = routes::ADMIN_USAGE, tag = "Administration", operation_id = "usage_of_all", params(UsageQuery),
    responses(
        (status = 200, description = "The rows", content((Vec<UsageEvent> = "application/json"), (String = "text/csv"))),
        (status = 403, description = "For admins alone", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn all(
    State(service): State<Arc<Service>>,
    _: Admin,
    Query(query): Query<UsageQuery>,
) -> Result<Response, Failure> {
    Ok(rows(&service.runs, None, &query).await?)
}

/// The totals of all users, on request also by day, model, key or user.
#[utoipa::path(get, path = routes::ADMIN_USAGE_SUMMARY, tag = "Administration", operation_id = "usage_summary_of_all",
    params(SummaryQuery),
    responses(
        (status = 200, description = "The totals", body = UsageSummary),
        (status = 403, description = "For admins alone", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn all_summary(
    State(service): State<Arc<Service>>,
    _: Admin,
    Query(query): Query<SummaryQuery>,
) -> Result<Json<UsageSummary>, Failure> {
    Ok(totals(&service.runs, None, &query).await?)
}

const ROWS_PER_RESPONSE: u32 = 200;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UsageQuery {
    /// Only rows older than this one.
    before: Option<UsageId>,
    /// JSON or CSV.
    #[serde(default)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    #[default]
    Json,
    Csv,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SummaryQuery {
    /// What the totals are divided by, besides.
    by: Option<Grouping>,
}

/// Lists the rows of a user, or of all users, latest first.
async fn rows(runs: &Runs, user: Option<Uuid>, query: &UsageQuery) -> Result<Response> {
    let rows = runs.store.usage(user, query.before, ROWS_PER_RESPONSE).await?;
    match query.format {
        Format::Json => Ok(Json(rows).into_response()),
        Format::Csv => csv_file(&rows),
    }
}

/// Sums the rows of a user, or of all users.
async fn totals(runs: &Runs, user: Option<Uuid>, query: &SummaryQuery) -> Result<Json<UsageSummary>> {
    Ok(Json(runs.store.usage_summary(user, query.by).await?))
}

fn csv_file(rows: &[UsageEvent]) -> Result<Response> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if rows.is_empty() {
        writer.write_record(COLUMNS).map_err(Error::internal)?;
    }
    for row in rows {
        writer.serialize(row).map_err(Error::internal)?;
    }
    let bytes = writer.into_inner().map_err(|error| Error::internal(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"usage.csv\"")),
    ];
    Ok((headers, bytes).into_response())
}

/// The header row of an empty ledger: the fields of [`UsageEvent`] in order. csv writes the header with the first row only, so an
/// empty ledger needs its own; a test keeps both equal.
const COLUMNS: [&str; 18] = [
    "id",
    "run_id",
    "kind",
    "model",
    "engine",
    "status",
    "input_bytes",
    "pages",
    "prompt_tokens",
    "completion_tokens",
    "prompt_chars",
    "completion_chars",
    "estimated",
    "cost",
    "created_at",
    "seconds",
    "key_id",
    "username",
];

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use inkstream_wire::{RunId, RunKind, RunStatus};

    use super::*;

    async fn header(rows: &[UsageEvent]) -> String {
        let bytes = csv_file(rows).unwrap().into_body().collect().await.unwrap().to_bytes();
        std::str::from_utf8(&bytes).unwrap().lines().next().unwrap().to_owned()
    }

    #[tokio::test]
    async fn an_empty_ledger_has_the_columns_of_a_full_one() {
        let row = UsageEvent {
            id: UsageId(Uuid::nil()),
            run_id: RunId(Uuid::nil()),
            kind: RunKind::Image,
            model: "tesseract".to_owned(),
            engine: "tesseract".to_owned(),
            status: RunStatus::Ok,
            input_bytes: 1,
            pages: 1,
            prompt_tokens: 0,
            completion_tokens: 1,
            prompt_chars: 0,
            completion_chars: 4,
            estimated: true,
            cost: None,
            created_at: "2026-11-21T12:00:00Z".to_owned(),
            seconds: 0.5,
            key_id: None,
            username: None,
        };
        assert_eq!(header(&[]).await, header(&[row]).await);
    }
}
