use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use inkstream_core::documents::{self, Shown};
use inkstream_wire::{DocumentId, Problem, routes};
use serde::Deserialize;

use crate::http::{
    Service,
    extract::{Path, Query},
    failure::Failure,
    viewer::Viewer,
};

/// Carries a PDF's password, which is never stored and has no place in an address.
pub(in crate::http) const PASSWORD: HeaderName = HeaderName::from_static("x-document-password");

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct UsageQuery {
    /// Most pixels across.
    #[serde(default = "screen")]
    width: u32,
    /// Clockwise turn in degrees: 0, 90, 180 or 270. A page that was turned to be read has it in its `image_url`.
    #[serde(default)]
    rotation: u16,
}

/// The PDF's password, if one came.
pub(super) fn password(headers: &HeaderMap) -> Option<String> {
    headers.get(PASSWORD).and_then(|value| std::str::from_utf8(value.as_bytes()).ok()).map(str::to_owned)
}

fn screen() -> u32 {
    1600
}

/// Shows a page.
#[utoipa::path(get, path = routes::PAGE_IMAGE, tag = "Documents", operation_id = "get_page_image",
    params(("id" = DocumentId, Path, description = "The document"), ("n" = u32, Path, description = "The page, from 1"),
        UsageQuery, ("x-document-password" = Option<String>, Header, description = "The PDF's password")),
    responses(
        (status = 200, description = "The picture", content(
            (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"))),
        (status = "4XX", description = "No such page, or it cannot be rendered", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn image(
    State(service): State<Arc<Service>>,
    Viewer(owner): Viewer,
    Path((id, page)): Path<(DocumentId, u32)>,
    Query(wanted): Query<UsageQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let shown = Shown { width: wanted.width, rotation: wanted.rotation, password: password(&headers) };
    let (media_type, bytes) = documents::page_image(&service.app, &owner, id, page, shown).await?;
    Ok(picture(media_type, "private, max-age=3600", bytes))
}

/// A picture that is its owner's alone, with what browsers may keep of it.
pub(super) fn picture(media_type: &'static str, cache: &'static str, bytes: Bytes) -> Response {
    let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, cache), (header::VARY, "cookie")];
    (headers.map(|(name, value)| (name, HeaderValue::from_static(value))), bytes).into_response()
}
