//! Requests about stored documents.

use inkstream_wire::{Document, DocumentDetail, DocumentId, Documents, PageDetail, RunOptions, Secret, Stored, routes};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob, File};

use super::{
    call::{Call, get, json},
    form,
};
use crate::state::Failure;

/// The caller's documents, newest first.
pub(crate) async fn documents() -> Result<Vec<Document>, Failure> {
    get::<Documents>(routes::DOCUMENTS).await.map(|answer| answer.documents)
}

/// One document with its pages.
pub(crate) async fn document(id: DocumentId) -> Result<DocumentDetail, Failure> {
    get(&routes::document(id)).await
}

/// Fetches a document without the texts of its pages.
pub(crate) async fn document_summary(id: DocumentId) -> Result<DocumentDetail, Failure> {
    get(&routes::with_parameter(&routes::document(id), "fields", "summary")).await
}

/// Fetches a page with its content.
pub(crate) async fn page(id: DocumentId, page: u32) -> Result<PageDetail, Failure> {
    get(&routes::page(id, page)).await
}

/// Fetches a page image from its URL, with the password of an encrypted PDF. The browser does not cache it.
pub(crate) async fn image(url: &str, password: Option<Secret>, signal: Option<AbortSignal>) -> Result<Blob, Failure> {
    let response = Call::at("GET", url.to_owned()).password(password).no_store().signal(signal).send().await?;
    let blob = web_sys::Response::from(response).blob().map_err(|_| Failure::Broken)?;
    let blob = JsFuture::from(blob).await.map_err(|_| Failure::Broken)?;
    blob.dyn_into().map_err(|_| Failure::Broken)
}

/// Stores a file without reading it.
pub(crate) async fn store(file: &File) -> Result<Stored, Failure> {
    let call = Call::new("POST", routes::DOCUMENTS).form(form::fields(file, &RunOptions::default()));
    json(call.send().await?).await
}

/// Deletes a document, also if the page is left meanwhile.
pub(crate) async fn delete(id: DocumentId) -> Result<(), Failure> {
    Call::new("DELETE", &routes::document(id)).keepalive().send().await.map(drop)
}
