//! Documents: store, list, show, recognize again, export, delete.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use inkstream_core::{
    documents,
    runs::{self, Source},
};
use inkstream_wire::{
    DocumentDetail, DocumentId, Documents, OcrEvent, Problem, ResultFormat, RunOptions, Stored, routes,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::{
    Service,
    caller::{RequireOcrScope, RequireReadScope, Viewer},
    extract::{Path, Query, optional_json},
    failure::Failure,
    ndjson,
    openapi::UploadForm,
    options::{self, RawRunOptions},
    upload,
};

/// Stores a document without reading it.
#[utoipa::path(post, path = routes::DOCUMENTS, tag = "Documents", operation_id = "create_document",
    request_body(content = inline(UploadForm), content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "Stored", body = Stored),
        (status = "4XX", description = "No picture or PDF that can be opened, or too much", body = Problem,
            content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn create(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    request: Request,
) -> Result<(StatusCode, Json<Stored>), Failure> {
    let form = upload::read(&service.documents, request).await?;
    let stored = documents::add(&service.documents, &caller.owner, form.upload, form.asked.options.password).await?;
    Ok((StatusCode::CREATED, Json(stored)))
}

/// Lists this browser's documents, latest first. A client without a session has no list.
#[utoipa::path(get, path = routes::DOCUMENTS, tag = "Documents", operation_id = "list_documents",
    responses((status = 200, description = "The documents", body = Documents)))]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
) -> Result<Json<Documents>, Failure> {
    let documents = documents::list(&service.documents, &caller.owner).await?;
    Ok(Json(Documents { documents }))
}

/// Shows a document: its pages with state, size, text and boxes.
#[utoipa::path(get, path = routes::DOCUMENT, tag = "Documents", operation_id = "get_document",
    params(("id" = DocumentId, Path, description = "The document")),
    responses(
        (status = 200, description = "The document", body = DocumentDetail),
        (status = 404, description = "Nothing there, or another's", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn detail(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
    Path(id): Path<DocumentId>,
) -> Result<Json<DocumentDetail>, Failure> {
    Ok(Json(documents::detail(&service.documents, &caller.owner, id).await?))
}

/// Deletes a document with its results. What it used stays on the ledger.
#[utoipa::path(delete, path = routes::DOCUMENT, tag = "Documents", operation_id = "delete_document",
    params(("id" = DocumentId, Path, description = "The document")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "Nothing there, or another's", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn delete(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    Path(id): Path<DocumentId>,
) -> Result<StatusCode, Failure> {
    documents::delete(&service.documents, &caller.owner, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads a stored document, or some of its pages, and streams the events. An empty body reads all of it.
#[utoipa::path(post, path = routes::DOCUMENT_RUNS, tag = "Documents", operation_id = "run_document",
    params(("id" = DocumentId, Path, description = "The document")),
    request_body(content = Option<RunOptions>),
    responses(
        (status = 200, description = "Events, one a line", body = OcrEvent, content_type = "application/x-ndjson"),
        (status = "4XX", description = "A wrong option, no such document, or too much", body = Problem,
            content_type = "application/problem+json"),
        (status = "5XX", description = "The server or its engine cannot", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn run(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    Path(id): Path<DocumentId>,
    request: Request,
) -> Result<Response, Failure> {
    let RawRunOptions { options, unknown } =
        options::of_json(&optional_json(&Bytes::from_request(request, &()).await?)?)?;
    let ticket = service.runs.queue.enter(&caller.clients)?;
    let run = runs::start(&service.runs, caller.owner, ticket, Source::Stored(id), None, options).await?;
    Ok(ndjson::response(run, unknown))
}

/// What RFC 5987 lets stand in a value.
const UNQUOTED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ResultQuery {
    /// Text, Markdown or JSON.
    #[serde(default)]
    format: ResultFormat,
}

/// Gives the document's text, with a person's corrections, as a file.
#[utoipa::path(get, path = routes::DOCUMENT_RESULT, tag = "Documents", operation_id = "get_document_result",
    params(("id" = DocumentId, Path, description = "The document"), ResultQuery),
    responses(
        (status = 200, description = "Plain text, a form feed between pages; or Markdown, a rule between pages", content(
            (String = "text/plain"), (String = "text/markdown"), (DocumentDetail = "application/json"))),
        (status = 404, description = "Nothing there, or another's", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn result(
    State(service): State<Arc<Service>>,
    Viewer(owner): Viewer,
    Path(id): Path<DocumentId>,
    Query(wanted): Query<ResultQuery>,
) -> Result<Response, Failure> {
    let detail = documents::detail(&service.documents, &owner, id).await?;
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
