use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use http::StatusCode;
use inkstream_core::documents;
use inkstream_wire::{Problem, Stored, routes};

use crate::http::{Service, caller::RequireOcrScope, failure::Failure, openapi::UploadForm, upload};

/// Stores a document without reading it.
#[utoipa::path(post, path = routes::DOCUMENTS, tag = "Documents", operation_id = "create_document",
    request_body(content = inline(UploadForm), content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "Stored", body = Stored),
        (status = "4XX", description = "No picture or PDF that can be opened, or too much", body = Problem,
            content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot", body = Problem, content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn create(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    request: Request,
) -> Result<(StatusCode, Json<Stored>), Failure> {
    let form = upload::read(&service.app, request).await?;
    let stored = documents::add(&service.app, &caller.owner, form.upload, form.asked.options.password).await?;
    Ok((StatusCode::CREATED, Json(stored)))
}
