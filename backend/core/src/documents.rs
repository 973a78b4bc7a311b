//! Documents: taken in, listed, shown, corrected, deleted.

use bytes::Bytes;
use futures::Stream;
use inkstream_wire::{Document, DocumentDetail, DocumentId, Page, Stored};

use crate::{Result, app::App, owner::Owner, ports::BlobKey};

/// An upload whose bytes are in a blob, and that no row names yet.
#[derive(Debug)]
pub struct Upload {
    /// The document it becomes.
    pub id: DocumentId,
    /// Its blob.
    pub blob: BlobKey,
    /// Its name, cleaned.
    pub filename: String,
    /// Its size.
    pub bytes: u64,
}

/// Writes an upload to a blob as it comes. `TooLarge` past the limit, `EmptyFile` without a byte; nothing is left behind
/// on an error, and none when the future is dropped.
pub async fn receive<S>(app: &App, filename: Option<&str>, body: S) -> Result<Upload>
where
    S: Stream<Item = Result<Bytes>> + Send,
{
    let _ = (app, filename, body);
    todo!()
}

/// Makes an upload a document: opens it, counts its pages, stores it. On an error the blob is deleted.
pub async fn add(app: &App, owner: &Owner, upload: Upload, password: Option<String>) -> Result<Stored> {
    let _ = (app, owner, upload, password);
    todo!()
}

/// The owner's documents, latest first.
pub async fn list(app: &App, owner: &Owner) -> Result<Vec<Document>> {
    let _ = (app, owner);
    todo!()
}

/// A document with its pages.
pub async fn detail(app: &App, owner: &Owner, id: DocumentId) -> Result<DocumentDetail> {
    let _ = (app, owner, id);
    todo!()
}

/// Deletes a document, its blob and its results. The ledger stays.
pub async fn delete(app: &App, owner: &Owner, id: DocumentId) -> Result<()> {
    let _ = (app, owner, id);
    todo!()
}

/// A page's picture as PNG or JPEG (by what is smaller for its kind), at most `width` pixels wide; gives the media type.
pub async fn page_image(
    app: &App,
    owner: &Owner,
    id: DocumentId,
    page: u32,
    width: u32,
    password: Option<String>,
) -> Result<(&'static str, Bytes)> {
    let _ = (app, owner, id, page, width, password);
    todo!()
}

/// Keeps a person's correction of a page beside the original; `None` takes it back.
pub async fn correct(app: &App, owner: &Owner, id: DocumentId, page: u32, text: Option<String>) -> Result<Page> {
    let _ = (app, owner, id, page, text);
    todo!()
}

/// The document's text: pages in order, corrections first, `separator` between pages. A pure fold over `detail`.
pub fn text(detail: &DocumentDetail, separator: &str) -> String {
    let _ = (detail, separator);
    todo!()
}
