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
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, Visitor, value},
    forward_to_deserialize_any,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    Service,
    caller::{Admin, RequireReadScope},
    extract::{Query, RowLimit},
    failure::Failure,
    to_wire,
};

pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(own))
        .routes(routes!(own_summary))
        .routes(routes!(all))
        .routes(routes!(all_summary))
}

/// Lists the caller's rows of the ledger, latest first, at most 200.
#[utoipa::path(get, path = routes::USAGE, tag = "Usage", operation_id = "usage", params(UsageQuery),
    responses(
        (status = 200, description = "The rows", content((Vec<UsageEvent> = "application/json"), (String = "text/csv"))),
        (status = 400, description = "The query is wrong", body = Problem, content_type = "application/problem+json"),
    ))]
async fn own(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
    Query(query): Query<UsageQuery>,
) -> Result<Response, Failure> {
    Ok(rows(&service.runs, Some(caller.owner.user), &query).await?)
}

/// Returns the totals of the caller's ledger, on request also by day, model or key.
#[utoipa::path(get, path = routes::USAGE_SUMMARY, tag = "Usage", operation_id = "usage_summary", params(SummaryQuery),
    responses(
        (status = 200, description = "The totals", body = UsageSummary),
        (status = 400, description = "The query is wrong", body = Problem, content_type = "application/problem+json"),
    ))]
async fn own_summary(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
    Query(query): Query<SummaryQuery>,
) -> Result<Json<UsageSummary>, Failure> {
    if query.by == Some(Grouping::User) {
        return Err(Error::new(ErrorCode::InvalidOption, "by must be day, model or key here.").into());
    }
    Ok(totals(&service.runs, Some(caller.owner.user), &query).await?)
}

/// Lists the rows of all users' ledgers with their names, latest first, at most 200.
#[utoipa::path(get, path = routes::ADMIN_USAGE, tag = "Administration", operation_id = "usage_of_all", params(UsageQuery),
    responses(
        (status = 200, description = "The rows", content((Vec<UsageEvent> = "application/json"), (String = "text/csv"))),
        (status = 403, description = "For admins alone", body = Problem, content_type = "application/problem+json"),
    ))]
async fn all(
    State(service): State<Arc<Service>>,
    _: Admin,
    Query(query): Query<UsageQuery>,
) -> Result<Response, Failure> {
    Ok(rows(&service.runs, None, &query).await?)
}

/// Returns the totals of all users, on request also by day, model, key or user.
#[utoipa::path(get, path = routes::ADMIN_USAGE_SUMMARY, tag = "Administration", operation_id = "usage_summary_of_all",
    params(SummaryQuery),
    responses(
        (status = 200, description = "The totals", body = UsageSummary),
        (status = 403, description = "For admins alone", body = Problem, content_type = "application/problem+json"),
    ))]
async fn all_summary(
    State(service): State<Arc<Service>>,
    _: Admin,
    Query(query): Query<SummaryQuery>,
) -> Result<Json<UsageSummary>, Failure> {
    Ok(totals(&service.runs, None, &query).await?)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct UsageQuery {
    /// Only rows older than this one.
    before: Option<UsageId>,
    /// The maximum number of rows.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: RowLimit,
    /// JSON or CSV.
    #[serde(default)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Json,
    Csv,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct SummaryQuery {
    /// What the totals are divided by, besides.
    by: Option<Grouping>,
}

/// Lists the rows of a user, or of all users, latest first.
async fn rows(runs: &Runs, user: Option<Uuid>, query: &UsageQuery) -> Result<Response> {
    let records = runs.store.usage(user, query.before, query.limit.get()).await?;
    let rows: Vec<UsageEvent> = records.into_iter().map(to_wire::usage_event).collect();
    match query.format {
        Format::Json => Ok(Json(rows).into_response()),
        Format::Csv => csv_file(&rows),
    }
}

/// Sums the rows of a user, or of all users.
async fn totals(runs: &Runs, user: Option<Uuid>, query: &SummaryQuery) -> Result<Json<UsageSummary>> {
    Ok(Json(to_wire::usage_summary(runs.store.usage_summary(user, query.by).await?)))
}

fn csv_file(rows: &[UsageEvent]) -> Result<Response> {
    // csv would write the header with the first row, and none for an empty ledger.
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(columns()).map_err(Error::internal)?;
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

/// The names of [`UsageEvent`]'s fields, in order.
fn columns() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // It never succeeds: all it does is to see what serde asks for.
    let _ = UsageEvent::deserialize(FieldNames(&mut fields));
    fields
}

/// A deserializer that takes down the fields of the struct that is asked of it, and then fails.
struct FieldNames<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = value::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, value::Error> {
        *self.0 = fields;
        Err(value::Error::custom("only the fields were wanted"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, value::Error> {
        Err(value::Error::custom("not a struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use inkstream_core::ports::UsageRecord;
    use inkstream_wire::{RunId, RunKind, RunStatus, Usage};
    use jiff::{Timestamp, ToSpan as _};

    use super::*;

    async fn lines(rows: &[UsageEvent]) -> Vec<String> {
        let bytes = csv_file(rows).unwrap().into_body().collect().await.unwrap().to_bytes();
        std::str::from_utf8(&bytes).unwrap().lines().map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn a_ledger_has_a_header_with_and_without_rows() {
        let row = to_wire::usage_event(UsageRecord {
            id: UsageId(Uuid::nil()),
            run_id: RunId(Uuid::nil()),
            kind: RunKind::Image,
            model: "tesseract".to_owned(),
            engine: "tesseract".to_owned(),
            status: RunStatus::Ok,
            pages: 1,
            usage: Usage { input_bytes: 1, completion_tokens: 1, estimated: true, ..Usage::default() },
            cost: None,
            created_at: Timestamp::UNIX_EPOCH,
            ended_at: Some(Timestamp::UNIX_EPOCH + 500.milliseconds()),
            key_id: None,
            username: None,
        });
        let full = lines(std::slice::from_ref(&row)).await;
        assert_eq!(full.len(), 2);
        assert_eq!(lines(&[]).await, full[..1]);
        let names: Vec<_> = full[0].split(',').map(str::to_owned).collect();
        let json = serde_json::to_value(&row).unwrap();
        assert_eq!(names.len(), json.as_object().unwrap().len());
        for (name, text) in names.iter().zip(full[1].split(',')) {
            let value = &json[name];
            let expected = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert_eq!(text, if value.is_null() { "" } else { &expected }, "{name}");
        }
    }
}
