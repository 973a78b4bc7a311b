use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use inkstream_wire::{OcrEvent, Problem, RunKind, routes};

use crate::http::{Service, caller::RequireOcrScope, failure::Failure, openapi::UploadForm};

/// Reads a picture and streams its text while it is read.
///
/// The answer is one JSON object a line. Options may come before or after the file.
#[utoipa::path(post, path = routes::OCR_IMAGE, tag = "Live recognition", operation_id = "ocr_image",
    request_body(content = inline(UploadForm), content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "Events, one a line", body = OcrEvent, content_type = "application/x-ndjson"),
        (status = "4XX", description = "Not a picture that can be read, a wrong option, or too much", body = Problem,
            content_type = "application/problem+json"),
        (status = "5XX", description = "The server or its engine cannot", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn recognize(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    request: Request,
) -> Result<Response, Failure> {
    Ok(super::stream_run(&service, caller, RunKind::Image, request).await?)
}
