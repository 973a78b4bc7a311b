//! Responses with all pages of a document, written batch by batch: a document of thousands of pages is never whole in memory.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse as _, Response},
};
use futures::{Stream, StreamExt as _, TryStreamExt as _, future, stream};
use http::{HeaderValue, header};
use inkstream_core::{
    Error, Result,
    documents::{self, DocumentUrls, Documents},
    owner::Owner,
    ports::PageRecord,
};
use inkstream_wire::{Document, DocumentId, Page};

use super::{documents::PageFields, to_wire};

/// A document with its pages as JSON: [`inkstream_wire::DocumentDetail`].
pub(super) async fn document(
    stored: &Arc<Documents>,
    owner: &Owner,
    id: DocumentId,
    fields: PageFields,
) -> Result<Response> {
    let record = documents::document(stored, owner, id).await?;
    let urls = DocumentUrls::new(stored, id, owner);
    let document = to_wire::document(record.clone(), &urls);
    let body = match fields {
        PageFields::All => {
            let pages = documents::pages(stored.store.clone(), &record);
            json(
                &document,
                pages.map_ok(move |batch| batch.into_iter().map(|page| to_wire::page(page, &urls)).collect()),
            )
            .await
        }
        PageFields::Summary => {
            let pages = documents::page_summaries(stored.store.clone(), &record);
            let pages =
                pages.map_ok(move |batch| batch.into_iter().map(|page| to_wire::page_summary(page, &urls)).collect());
            json(&document, pages).await
        }
    }?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}

async fn json(document: &Document, pages: impl Stream<Item = Result<Vec<Page>>> + Send + 'static) -> Result<Body> {
    let mut head = serde_json::to_vec(document).map_err(Error::internal)?;
    // Continue the document's object with one more member.
    head.pop();
    head.extend_from_slice(b",\"page_list\":[");
    let mut separator: &[u8] = b"";
    let pages = pages.map(move |batch| {
        let mut json = Vec::new();
        for page in batch? {
            json.extend_from_slice(separator);
            separator = b",";
            serde_json::to_writer(&mut json, &page).map_err(Error::internal)?;
        }
        Ok(Bytes::from(json))
    });
    body(head.into(), pages, Bytes::from_static(b"]}")).await
}

/// Writes the text of the pages, corrections first, with `separator` between two.
pub(super) async fn text(
    pages: impl Stream<Item = Result<Vec<PageRecord>>> + Send + 'static,
    separator: &'static str,
) -> Result<Body> {
    let mut is_first = true;
    let pages = pages.map_ok(move |batch| {
        let mut text = String::new();
        for page in batch {
            if !std::mem::replace(&mut is_first, false) {
                text.push_str(separator);
            }
            text.push_str(page.shown_text());
        }
        Bytes::from(text)
    });
    body(Bytes::new(), pages, Bytes::new()).await
}

/// Waits for the first chunk, so that what fails until then is still answered with a problem. A later error breaks the connection
/// off: a response that ends well has all pages.
async fn body(head: Bytes, chunks: impl Stream<Item = Result<Bytes>> + Send + 'static, tail: Bytes) -> Result<Body> {
    let mut chunks = Box::pin(chunks);
    let first = chunks.try_next().await?;
    let chunks = chunks.inspect_err(|error| {
        tracing::warn!(error = error as &dyn std::error::Error, "a document's pages were broken off");
    });
    let whole = stream::iter([Ok(head)].into_iter().chain(first.map(Ok)))
        .chain(chunks)
        .chain(stream::once(future::ready(Ok(tail))));
    Ok(Body::from_stream(whole))
}
