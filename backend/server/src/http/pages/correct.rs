use std::sync::Arc;

use axum::extract::State;
use inkstream_core::documents;
use inkstream_wire::{DocumentId, Page, Problem, routes};
use serde::{Deserialize, Deserializer};

use crate::http::{
    Service,
    caller::RequireOcrScope,
    extract::{Json, Path},
    failure::Failure,
};

/// A person's correction.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(in crate::http) struct Correction {
    /// The right text; null takes an earlier correction back.
    #[serde(deserialize_with = "present")]
    text: Option<String>,
}

/// A missing field is an error, not a null: a mistyped name must not throw a correction away.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

/// Keeps a person's correction of a page beside what was recognised.
#[utoipa::path(patch, path = routes::PAGE, tag = "Documents", operation_id = "correct_page",
    params(("id" = DocumentId, Path, description = "The document"), ("n" = u32, Path, description = "The page, from 1")),
    request_body = Correction,
    responses(
        (status = 200, description = "The page as it is now", body = Page),
        (status = "4XX", description = "No such page, or no JSON", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn correct(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    Path((id, page)): Path<(DocumentId, u32)>,
    Json(correction): Json<Correction>,
) -> Result<axum::Json<Page>, Failure> {
    Ok(axum::Json(documents::correct(&service.app, &caller.owner, id, page, correction.text).await?))
}
