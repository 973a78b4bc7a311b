//! Stored documents.

use gloo_net::http::Request;
use inkstream_wire::{Document, DocumentDetail, DocumentId, Documents, RunOptions, Stored, routes};
use web_sys::File;

use super::{
    answer::{get, json, sent},
    form,
};
use crate::state::Failure;

/// The caller's documents, latest first.
pub(crate) async fn documents() -> Result<Vec<Document>, Failure> {
    get::<Documents>(routes::DOCUMENTS).await.map(|answer| answer.documents)
}

/// One document with its pages.
pub(crate) async fn document(id: DocumentId) -> Result<DocumentDetail, Failure> {
    get(&routes::document(id)).await
}

/// Stores a file without reading it.
pub(crate) async fn store(file: &File) -> Result<Stored, Failure> {
    let request = Request::post(routes::DOCUMENTS).body(form::fields(file, &RunOptions::default()));
    let request = request.map_err(|_| Failure::Unreachable)?;
    json(sent(request.send().await).await?).await
}

/// Deletes a document. The request outlives the page that sends it.
pub(crate) async fn delete(id: DocumentId) -> Result<(), Failure> {
    let init = web_sys::RequestInit::new();
    init.set_method("DELETE");
    js_sys::Reflect::set(&init, &"keepalive".into(), &true.into()).map_err(|_| Failure::Unreachable)?;
    let request = web_sys::Request::new_with_str_and_init(&routes::document(id), &init);
    let request = request.map_err(|_| Failure::Unreachable)?;
    sent(Request::from(request).send().await).await.map(drop)
}
