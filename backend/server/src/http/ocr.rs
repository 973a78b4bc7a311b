//! Live recognition: upload and run in one request, with the events as NDJSON.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use inkstream_core::{
    Result,
    runs::{self, Source},
};
use inkstream_wire::{OcrEvent, Problem, RunKind, routes};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Service,
    caller::{Caller, RequireOcrScope},
    failure::Failure,
    ndjson,
    openapi::UploadForm,
    options::RawRunOptions,
    upload::{self, Form},
};

pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(recognize_image)).routes(routes!(recognize_pdf))
}

/// Recognizes an image and streams its text while it is read.
///
/// The answer has one JSON object per line. Options may come before or after the file.
#[utoipa::path(post, path = routes::OCR_IMAGE, tag = "Live recognition", operation_id = "ocr_image",
    request_body(content = inline(UploadForm), content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "Events, one a line", body = OcrEvent, content_type = "application/x-ndjson"),
        (status = "4XX", description = "Not an image that can be read, a wrong option, or a limit was exceeded", body = Problem,
            content_type = "application/problem+json"),
        (status = "5XX", description = "The server or its engine cannot", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn recognize_image(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    request: Request,
) -> Result<Response, Failure> {
    Ok(stream_run(&service, caller, RunKind::Image, request).await?)
}

/// Recognizes a PDF and streams the text of its pages while they are read.
///
/// The answer has one JSON object per line. Options may come before or after the file.
#[utoipa::path(post, path = routes::OCR_PDF, tag = "Live recognition", operation_id = "ocr_pdf",
    request_body(content = inline(UploadForm), content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "Events, one a line", body = OcrEvent, content_type = "application/x-ndjson"),
        (status = "4XX", description = "Not a PDF that can be read, a wrong option, or too much", body = Problem,
            content_type = "application/problem+json"),
        (status = "5XX", description = "The server or its engine cannot", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn recognize_pdf(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    request: Request,
) -> Result<Response, Failure> {
    Ok(stream_run(&service, caller, RunKind::Pdf, request).await?)
}

/// Enters the queue before the upload is read, so that a full server refuses without receiving the file.
async fn stream_run(service: &Service, caller: Caller, kind: RunKind, request: Request) -> Result<Response> {
    let ticket = service.runs.queue.enter(&caller.clients)?;
    let Form { upload, asked: RawRunOptions { options, unknown } } = upload::read(&service.documents, request).await?;
    let run = runs::start(&service.runs, caller.owner, ticket, Source::Upload(upload), Some(kind), options).await?;
    Ok(ndjson::response(run, unknown))
}
