use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::HeaderMap;
use inkstream_core::documents;
use inkstream_wire::{DocumentId, Problem, routes};
use serde::Deserialize;

use super::image::{password, picture};
use crate::http::{
    Service,
    extract::{Path, Query},
    failure::Failure,
    viewer::Viewer,
};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct UsageQuery {
    /// Most pixels across; left out: as many as the picture that was read has.
    width: Option<u32>,
}

/// Shows a page as it was read, with its boxes drawn on it.
#[utoipa::path(get, path = routes::PAGE_ANNOTATED, tag = "Documents", operation_id = "get_annotated_page",
    params(("id" = DocumentId, Path, description = "The document"), ("n" = u32, Path, description = "The page, from 1"),
        UsageQuery, ("x-document-password" = Option<String>, Header, description = "The PDF's password")),
    responses(
        (status = 200, description = "The picture", body = Vec<u8>, content_type = "image/png"),
        (status = 409, description = "The page has not been read", body = Problem,
            content_type = "application/problem+json"),
        (status = "4XX", description = "No such page, or it cannot be rendered", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn annotated(
    State(service): State<Arc<Service>>,
    Viewer(owner): Viewer,
    Path((id, page)): Path<(DocumentId, u32)>,
    Query(wanted): Query<UsageQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let png = documents::annotated(&service.app, &owner, id, page, wanted.width, password(&headers)).await?;
    // Another run may find other boxes: it is asked for again each time.
    Ok(picture("image/png", "private, no-cache", png))
}
