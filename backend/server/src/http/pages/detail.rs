use std::sync::Arc;

use axum::extract::State;
use inkstream_core::documents;
use inkstream_wire::{DocumentId, PageDetail, Problem, routes};

use crate::http::{Service, caller::RequireReadScope, extract::Path, failure::Failure};

/// A page whole: its text, and its content as blocks in reading order with their lines, words and tables.
#[utoipa::path(get, path = routes::PAGE, tag = "Documents", operation_id = "page",
    params(("id" = DocumentId, Path, description = "The document"), ("n" = u32, Path, description = "The page, from 1")),
    responses(
        (status = 200, description = "The page", body = PageDetail),
        (status = "4XX", description = "No such page", body = Problem, content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn detail(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
    Path((id, page)): Path<(DocumentId, u32)>,
) -> Result<axum::Json<PageDetail>, Failure> {
    Ok(axum::Json(documents::page(&service.app, &caller.owner, id, page).await?))
}
