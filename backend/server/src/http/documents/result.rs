use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use inkstream_core::documents;
use inkstream_wire::{DocumentDetail, DocumentId, Problem, ResultFormat, routes};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::http::{
    Service,
    extract::{Path, Query},
    failure::Failure,
    viewer::Viewer,
};

/// What RFC 5987 lets stand in a value.
const UNQUOTED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct UsageQuery {
    /// Text, Markdown or JSON.
    #[serde(default)]
    format: ResultFormat,
}

/// Gives the document's text, with a person's corrections, as a file.
#[utoipa::path(get, path = routes::DOCUMENT_RESULT, tag = "Documents", operation_id = "get_document_result",
    params(("id" = DocumentId, Path, description = "The document"), UsageQuery),
    responses(
        (status = 200, description = "Plain text, a form feed between pages; or Markdown, a rule between pages", content(
            (String = "text/plain"), (String = "text/markdown"), (DocumentDetail = "application/json"))),
        (status = 404, description = "Nothing there, or another's", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn result(
    State(service): State<Arc<Service>>,
    Viewer(owner): Viewer,
    Path(id): Path<DocumentId>,
    Query(wanted): Query<UsageQuery>,
) -> Result<Response, Failure> {
    let detail = documents::detail(&service.app, &owner, id).await?;
    Ok(match wanted.format {
        ResultFormat::Txt => file(&detail, "txt", "text/plain; charset=utf-8", documents::text(&detail, "\u{c}")),
        ResultFormat::Md => {
            file(&detail, "md", "text/markdown; charset=utf-8", documents::text(&detail, "\n\n---\n\n"))
        }
        ResultFormat::Json => Json(detail).into_response(),
    })
}

fn file(detail: &DocumentDetail, extension: &str, media_type: &'static str, text: String) -> Response {
    let name = &detail.document.filename;
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let disposition = format!("attachment; filename*=UTF-8''{}.{extension}", utf8_percent_encode(stem, UNQUOTED));
    let disposition = HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(media_type)), (header::CONTENT_DISPOSITION, disposition)];
    (headers, text).into_response()
}
