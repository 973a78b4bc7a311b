use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, State},
    response::Response,
};
use inkstream_core::runs::{self, Source};
use inkstream_wire::{DocumentId, OcrEvent, Problem, RunOptions, routes};

use crate::http::{
    Service,
    caller::RequireOcrScope,
    extract::{Path, optional_json},
    failure::Failure,
    ndjson,
    options::{self, RawRunOptions},
};

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
pub(in crate::http) async fn run(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    Path(id): Path<DocumentId>,
    request: Request,
) -> Result<Response, Failure> {
    let RawRunOptions { options, unknown } =
        options::of_json(&optional_json(&Bytes::from_request(request, &()).await?)?)?;
    let ticket = service.app.queue.enter(&caller.clients)?;
    let run = runs::start(&service.app, caller.owner, ticket, Source::Stored(id), None, options).await?;
    Ok(ndjson::response(run, unknown))
}
