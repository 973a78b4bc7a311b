//! Documents: store, list, show, recognize again, export, delete.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, Version, header};
use inkstream_core::{
    Error,
    documents::{self, DocumentUrls},
    runs::{self, Source},
};
use inkstream_wire::{
    DocumentDetail, DocumentId, Documents, ErrorCode, OcrEvent, Problem, ResultFormat, RunOptions, Stored, routes,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Service,
    caller::{RequireOcrScope, RequireReadScope, Viewer},
    export_file,
    extract::{Path, Query, RowLimit, optional_json},
    failure::Failure,
    ndjson,
    openapi::UploadForm,
    options::{self, RawRunOptions},
    page_stream, to_wire, upload,
};

pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(detail, delete))
        .routes(routes!(run))
        .routes(routes!(result))
}

/// Stores a document without reading it.
#[utoipa::path(post, path = routes::DOCUMENTS, tag = "Documents", operation_id = "create_document",
    request_body(content = inline(UploadForm), content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "Stored", body = Stored),
        (status = "4XX", description = "No image or PDF that can be opened, or a limit was exceeded", body = Problem,
            content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot", body = Problem, content_type = "application/problem+json"),
    ))]
async fn create(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    request: Request,
) -> Result<(StatusCode, Json<Stored>), Failure> {
    let form = upload::read(&service.documents, request).await?;
    let stored = documents::add(&service.documents, &caller.owner, form.upload, form.asked.options.password).await?;
    Ok((StatusCode::CREATED, Json(to_wire::stored(stored))))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct DocumentsQuery {
    /// Only documents that come after this one in the list.
    before: Option<DocumentId>,
    /// The maximum number of documents.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: RowLimit,
}

/// Lists the caller's documents, latest first, at most 200. A client without a session has no list.
#[utoipa::path(get, path = routes::DOCUMENTS, tag = "Documents", operation_id = "list_documents",
    params(DocumentsQuery),
    responses(
        (status = 200, description = "The documents", body = Documents),
        (status = "4XX", description = "The query is wrong", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
    Query(query): Query<DocumentsQuery>,
) -> Result<Json<Documents>, Failure> {
    let records = documents::list(&service.documents, &caller.owner, query.before, query.limit.get()).await?;
    let documents = records.into_iter().map(|record| {
        let urls = DocumentUrls::new(&service.documents, record.id, &caller.owner);
        to_wire::document(record, &urls)
    });
    Ok(Json(Documents { documents: documents.collect() }))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct DetailQuery {
    /// `summary` leaves out what is long: text, correction, boxes and metadata of the pages.
    #[serde(default)]
    #[param(inline)]
    fields: PageFields,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PageFields {
    #[default]
    All,
    Summary,
}

/// Returns a document: its pages with state, size, text and boxes.
#[utoipa::path(get, path = routes::DOCUMENT, tag = "Documents", operation_id = "get_document",
    params(("id" = DocumentId, Path, description = "The document"), DetailQuery),
    responses(
        (status = 200, description = "The document", body = DocumentDetail),
        (status = 404, description = "Nothing there, or another's", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn detail(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
    Path(id): Path<DocumentId>,
    Query(query): Query<DetailQuery>,
    version: Version,
) -> Result<Response, Failure> {
    Ok(page_stream::document(&service.documents, &caller.owner, id, query.fields, version).await?)
}

/// Deletes a document with its results. Its usage stays in the ledger.
#[utoipa::path(delete, path = routes::DOCUMENT, tag = "Documents", operation_id = "delete_document",
    params(("id" = DocumentId, Path, description = "The document")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "Nothing there, or another's", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn delete(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    Path(id): Path<DocumentId>,
) -> Result<StatusCode, Failure> {
    documents::delete(&service.documents, &caller.owner, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads a stored document, or some of its pages, and streams the events. With an empty body it reads all pages.
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
async fn run(
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

/// The characters that RFC 5987 allows unencoded in a value.
const UNQUOTED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ResultQuery {
    /// How the document is written.
    #[serde(default)]
    format: ResultFormat,
    /// Where the tables of a workbook are (`xlsx`).
    #[serde(default)]
    #[param(inline)]
    layout: SheetLayout,
    /// Whether a workbook leaves out the text of pages without a table (`xlsx`).
    #[serde(default)]
    tables_only: bool,
    /// The BCP 47 tag of the language in which numbers and dates are written, for tables that do not tell (`xlsx`).
    locale: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum SheetLayout {
    #[default]
    SheetPerTable,
    Stacked,
}

impl ResultQuery {
    fn export_options(&self) -> Result<inkstream_export::Options, Error> {
        let locale = self.locale.as_deref().map(|tag| {
            inkstream_export::Locale::parse(tag).ok_or_else(|| {
                Error::new(ErrorCode::InvalidOption, "locale: the tag of a language was expected, such as de or en-GB.")
            })
        });
        let layout = match self.layout {
            SheetLayout::SheetPerTable => inkstream_export::Layout::SheetPerTable,
            SheetLayout::Stacked => inkstream_export::Layout::Stacked,
        };
        let (tables_only, locale) = (self.tables_only, locale.transpose()?);
        Ok(inkstream_export::Options { layout, tables_only, locale, ..inkstream_export::Options::default() })
    }
}

/// Returns the document's text, with people's corrections, as a file.
#[utoipa::path(get, path = routes::DOCUMENT_RESULT, tag = "Documents", operation_id = "get_document_result",
    params(("id" = DocumentId, Path, description = "The document"), ResultQuery),
    responses(
        (status = 200, description = "Plain text, a form feed between pages; Markdown, a rule between pages; or a file", content(
            (String = "text/plain"), (String = "text/markdown"), (DocumentDetail = "application/json"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (String = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), (String = "application/zip"),
            (String = "text/html"), (String = "application/xml"))),
        (status = 404, description = "Nothing there, or another's", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn result(
    State(service): State<Arc<Service>>,
    Viewer(owner): Viewer,
    Path(id): Path<DocumentId>,
    Query(query): Query<ResultQuery>,
    version: Version,
) -> Result<Response, Failure> {
    let stored = &service.documents;
    let options = query.export_options()?;
    let (media_type, record, body) = if let Some(format) = query.format.text_format() {
        let record = documents::document(stored, &owner, id).await?;
        let body = page_stream::text(documents::pages(stored.store.clone(), &record), format, version).await?;
        (format.media_type, record, body)
    } else if let Some(format) = export_file::format(query.format) {
        let record = documents::document(stored, &owner, id).await?;
        let body = export_file::body(stored, &service.whole_files, &record, format, options, version).await?;
        (format.media_type(), record, body)
    } else {
        return Ok(page_stream::document(stored, &owner, id, PageFields::All, version).await?);
    };
    let stem = record.filename.rsplit_once('.').map_or(record.filename.as_str(), |(stem, _)| stem);
    let stem = if stem.is_empty() { "document" } else { stem };
    let (stem, extension) = (utf8_percent_encode(stem, UNQUOTED), query.format.extension());
    let disposition = format!("attachment; filename*=UTF-8''{stem}.{extension}");
    let disposition = HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(media_type)), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, body).into_response())
}
