use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use inkstream_core::documents;
use inkstream_wire::{DocumentId, Problem, routes};

use crate::http::{Service, caller::RequireOcrScope, extract::Path, failure::Failure};

/// Deletes a document with its results. What it used stays on the ledger.
#[utoipa::path(delete, path = routes::DOCUMENT, tag = "Documents", operation_id = "delete_document",
    params(("id" = DocumentId, Path, description = "The document")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "Nothing there, or another's", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn delete(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    Path(id): Path<DocumentId>,
) -> Result<StatusCode, Failure> {
    documents::delete(&service.app, &caller.owner, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
