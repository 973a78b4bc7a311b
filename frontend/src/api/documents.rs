//! Stored documents.

use inkstream_wire::{Document, DocumentDetail, DocumentId, Documents, RunOptions, Stored, routes};
use web_sys::File;

use super::{
    answer::{get, json},
    call::Call,
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
    let call = Call::new("POST", routes::DOCUMENTS).form(form::fields(file, &RunOptions::default()));
    json(call.send().await?).await
}

/// Deletes a document. The request outlives the page that sends it.
pub(crate) async fn delete(id: DocumentId) -> Result<(), Failure> {
    Call::new("DELETE", &routes::document(id)).outliving().send().await.map(drop)
}
