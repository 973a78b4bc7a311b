use std::sync::Arc;

use axum::{Json, extract::State};
use inkstream_core::documents;
use inkstream_wire::{DocumentDetail, DocumentId, Problem, routes};

use crate::http::{Service, caller::RequireReadScope, extract::Path, failure::Failure};

/// Shows a document: its pages with state, size, text and boxes.
#[utoipa::path(get, path = routes::DOCUMENT, tag = "Documents", operation_id = "get_document",
    params(("id" = DocumentId, Path, description = "The document")),
    responses(
        (status = 200, description = "The document", body = DocumentDetail),
        (status = 404, description = "Nothing there, or another's", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn detail(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
    Path(id): Path<DocumentId>,
) -> Result<Json<DocumentDetail>, Failure> {
    Ok(Json(documents::detail(&service.app, &caller.owner, id).await?))
}
