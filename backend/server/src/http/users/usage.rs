use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use inkstream_core::{Error, Result as CoreResult};
use inkstream_wire::{Problem, UsageEvent, UsageId, routes};
use serde::Deserialize;

use crate::http::{Service, caller::Caller, extract::Query, failure::Failure};

/// Rows of one answer.
const ROWS: u32 = 200;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Wanted {
    /// Only rows older than this one.
    before: Option<UsageId>,
    /// JSON or CSV.
    #[serde(default)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum Format {
    #[default]
    Json,
    Csv,
}

/// The caller's ledger, latest first, at most 200 rows.
#[utoipa::path(get, path = routes::USAGE, tag = "Account", operation_id = "usage", params(Wanted),
    responses(
        (status = 200, description = "The rows", content((Vec<UsageEvent> = "application/json"), (String = "text/csv"))),
        (status = 400, description = "The query is wrong", body = Problem, content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn usage(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let rows = service.app.store.usage(caller.owner.user, wanted.before, ROWS).await?;
    match wanted.format {
        Format::Json => Ok(Json(rows).into_response()),
        Format::Csv => Ok(csv_file(&rows)?),
    }
}

fn csv_file(rows: &[UsageEvent]) -> CoreResult<Response> {
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

/// The header row of an empty ledger; [`UsageEvent`]'s fields, in its order.
const COLUMNS: [&str; 16] = [
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
];
