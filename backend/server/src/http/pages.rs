//! A document's pages: their content, their image, the same with boxes, corrections.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use inkstream_core::documents::{self, DocumentUrls, PageImageOptions};
use inkstream_wire::{DocumentId, Page, PageDetail, Problem, routes};
use serde::{Deserialize, Deserializer};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Service,
    caller::{RequireOcrScope, RequireReadScope, Viewer},
    extract::{Json, Path, Query},
    failure::Failure,
    to_wire,
};

pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(detail, correct)).routes(routes!(image)).routes(routes!(annotated))
}

/// Returns a page with its text, and its content as blocks in reading order with their lines, words and tables.
#[utoipa::path(get, path = routes::PAGE, tag = "Documents", operation_id = "page",
    params(("id" = DocumentId, Path, description = "The document"), ("n" = u32, Path, description = "The page, from 1")),
    responses(
        (status = 200, description = "The page", body = PageDetail),
        (status = "4XX", description = "No such page", body = Problem, content_type = "application/problem+json"),
    ))]
async fn detail(
    State(service): State<Arc<Service>>,
    RequireReadScope(caller): RequireReadScope,
    Path((id, page)): Path<(DocumentId, u32)>,
) -> Result<axum::Json<PageDetail>, Failure> {
    let whole = documents::page(&service.documents, &caller.owner, id, page).await?;
    let urls = DocumentUrls::new(&service.documents, id, &caller.owner);
    Ok(axum::Json(to_wire::page_detail(whole, &urls)))
}

/// A person's correction.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct Correction {
    /// The right text; null takes an earlier correction back.
    #[serde(deserialize_with = "present")]
    text: Option<String>,
}

/// A missing field is an error and not null, because a mistyped name must not delete a correction.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

/// Stores a person's correction of a page beside the recognized text.
#[utoipa::path(patch, path = routes::PAGE, tag = "Documents", operation_id = "correct_page",
    params(("id" = DocumentId, Path, description = "The document"), ("n" = u32, Path, description = "The page, from 1")),
    request_body = Correction,
    responses(
        (status = 200, description = "The page as it is now", body = Page),
        (status = "4XX", description = "No such page, or no JSON", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn correct(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    Path((id, page)): Path<(DocumentId, u32)>,
    Json(correction): Json<Correction>,
) -> Result<axum::Json<Page>, Failure> {
    let corrected = documents::correct(&service.documents, &caller.owner, id, page, correction.text).await?;
    let urls = DocumentUrls::new(&service.documents, id, &caller.owner);
    Ok(axum::Json(to_wire::page(corrected, &urls)))
}

/// Carries a PDF's password, which is never stored and has no place in an address.
pub(super) const PASSWORD: HeaderName = HeaderName::from_static("x-document-password");

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ImageQuery {
    /// Most pixels across.
    #[serde(default = "screen")]
    width: u32,
    /// Clockwise turn in degrees: 0, 90, 180 or 270. A page that was turned to be read has it in its `image_url`.
    #[serde(default)]
    rotation: u16,
}

/// The PDF's password, if one came.
fn password(headers: &HeaderMap) -> Option<String> {
    headers.get(PASSWORD).and_then(|value| std::str::from_utf8(value.as_bytes()).ok()).map(str::to_owned)
}

fn screen() -> u32 {
    1600
}

/// Returns a page's image.
#[utoipa::path(get, path = routes::PAGE_IMAGE, tag = "Documents", operation_id = "get_page_image",
    params(("id" = DocumentId, Path, description = "The document"), ("n" = u32, Path, description = "The page, from 1"),
        ImageQuery, ("x-document-password" = Option<String>, Header, description = "The PDF's password")),
    responses(
        (status = 200, description = "The image", content(
            (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"))),
        (status = "4XX", description = "No such page, or it cannot be rendered", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn image(
    State(service): State<Arc<Service>>,
    Viewer(owner): Viewer,
    Path((id, page)): Path<(DocumentId, u32)>,
    Query(query): Query<ImageQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let options = PageImageOptions { width: query.width, rotation: query.rotation, password: password(&headers) };
    let (media_type, bytes) = documents::page_image(&service.documents, &owner, id, page, options).await?;
    Ok(image_response(media_type, "private, max-age=3600", bytes))
}

/// An image that only its owner may see, with its cache policy for browsers.
fn image_response(media_type: &'static str, cache: &'static str, bytes: Bytes) -> Response {
    let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, cache), (header::VARY, "cookie")];
    (headers.map(|(name, value)| (name, HeaderValue::from_static(value))), bytes).into_response()
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct AnnotatedQuery {
    /// Maximum width in pixels; left out: the width of the image that was read.
    width: Option<u32>,
}

/// Returns the image that was read, with its boxes drawn on it.
#[utoipa::path(get, path = routes::PAGE_ANNOTATED, tag = "Documents", operation_id = "get_annotated_page",
    params(("id" = DocumentId, Path, description = "The document"), ("n" = u32, Path, description = "The page, from 1"),
        AnnotatedQuery, ("x-document-password" = Option<String>, Header, description = "The PDF's password")),
    responses(
        (status = 200, description = "The image", body = Vec<u8>, content_type = "image/png"),
        (status = 409, description = "The page has not been read", body = Problem,
            content_type = "application/problem+json"),
        (status = "4XX", description = "No such page, or it cannot be rendered", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn annotated(
    State(service): State<Arc<Service>>,
    Viewer(owner): Viewer,
    Path((id, page)): Path<(DocumentId, u32)>,
    Query(wanted): Query<AnnotatedQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let png = documents::annotated(&service.documents, &owner, id, page, wanted.width, password(&headers)).await?;
    // Another run may find other boxes: it is asked for again each time.
    Ok(image_response("image/png", "private, no-cache", png))
}
