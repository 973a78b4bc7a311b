use std::sync::Arc;

use axum::{Json, extract::State};
use inkstream_core::documents;
use inkstream_wire::{Documents, routes};

use crate::http::{Service, caller::RequireReadScope, failure::Failure};

/// Lists this browser's documents, latest first. A client without a session has no list.
#[utoipa::path(get, path = routes::DOCUMENTS, tag = "Documents", operation_id = "list_documents",
    responses((status = 200, description = "The documents", body = Documents)))]
pub(in crate::http) async fn list(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
) -> Result<Json<Documents>, Failure> {
    let documents = documents::list(&service.app, &caller.owner).await?;
    Ok(Json(Documents { documents }))
}
