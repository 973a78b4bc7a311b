//! Responses with all pages of a document, written batch by batch: a document of thousands of pages is never whole in memory.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse as _, Response},
};
use futures::{Stream, StreamExt as _, TryStreamExt as _, future, stream};
use http::{HeaderValue, Version, header};
use inkstream_content::TextFormat;
use inkstream_core::{
    Error, Result,
    documents::{self, DocumentUrls, Documents},
    owner::Owner,
    ports::PageWithContent,
};
use inkstream_wire::{Document, DocumentId, Page};

use super::{documents::PageFields, to_wire};

/// A document with its pages as JSON: [`inkstream_wire::DocumentDetail`].
pub(super) async fn document(
    stored: &Arc<Documents>,
    owner: &Owner,
    id: DocumentId,
    fields: PageFields,
    version: Version,
) -> Result<Response> {
    let record = documents::document(stored, owner, id).await?;
    let urls = DocumentUrls::new(stored, id, owner);
    let document = to_wire::document(record.clone(), &urls);
    let body = match fields {
        PageFields::All => {
            let pages = documents::pages(stored.store.clone(), &record);
            let pages =
                pages.map_ok(move |batch| batch.into_iter().map(|page| to_wire::page(page.record, &urls)).collect());
            json(&document, pages, version).await
        }
        PageFields::Summary => {
            let pages = documents::page_summaries(stored.store.clone(), &record);
            let pages =
                pages.map_ok(move |batch| batch.into_iter().map(|page| to_wire::page_summary(page, &urls)).collect());
            json(&document, pages, version).await
        }
    }?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}

async fn json(
    document: &Document,
    pages: impl Stream<Item = Result<Vec<Page>>> + Send + 'static,
    version: Version,
) -> Result<Body> {
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
    body(head.into(), pages, Bytes::from_static(b"]}"), version).await
}

/// Writes the pages in a text format.
pub(super) async fn text(
    pages: impl Stream<Item = Result<Vec<PageWithContent>>> + Send + 'static,
    format: TextFormat,
    version: Version,
) -> Result<Body> {
    let mut is_first = true;
    let pages = pages.map_ok(move |batch| {
        let mut text = String::new();
        for page in batch {
            if !std::mem::replace(&mut is_first, false) {
                text.push_str(format.separator);
            }
            text.push_str(&page.export(format));
        }
        Bytes::from(text)
    });
    body(Bytes::new(), pages, Bytes::new(), version).await
}

/// Waits for the first chunk, so that what fails until then is still answered with a problem. A later error breaks the connection
/// off: a response that ends well has all pages.
pub(super) async fn body(
    head: Bytes,
    chunks: impl Stream<Item = Result<Bytes>> + Send + 'static,
    tail: Bytes,
    version: Version,
) -> Result<Body> {
    let mut chunks = Box::pin(chunks);
    if version < Version::HTTP_11 {
        // HTTP/1.0 marks the end of a streamed body only by closing the connection, so that a client could not tell that a text was
        // broken off. Collect it first.
        let mut whole = head.to_vec();
        while let Some(chunk) = chunks.try_next().await? {
            whole.extend_from_slice(&chunk);
        }
        whole.extend_from_slice(&tail);
        return Ok(Body::from(whole));
    }
    let first = chunks.try_next().await?;
    let chunks = chunks.inspect_err(|error| {
        tracing::warn!(error = error as &dyn std::error::Error, "a document's pages were broken off");
    });
    let whole = stream::iter([Ok(head)].into_iter().chain(first.map(Ok)))
        .chain(chunks)
        .chain(stream::once(future::ready(Ok(tail))));
    Ok(Body::from_stream(whole))
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use inkstream_wire::ErrorCode;

    use super::*;

    fn broken() -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        stream::iter([Ok(Bytes::from_static(b"page 1")), Err(Error::new(ErrorCode::Unavailable, "It broke off."))])
    }

    #[tokio::test]
    async fn a_response_that_breaks_off_is_an_error_for_the_client() {
        let streamed = body(Bytes::new(), broken(), Bytes::new(), Version::HTTP_11).await.unwrap();
        assert!(streamed.collect().await.is_err());
        let collected = body(Bytes::new(), broken(), Bytes::new(), Version::HTTP_10).await;
        assert_eq!(collected.unwrap_err().code, ErrorCode::Unavailable);
    }

    #[tokio::test]
    async fn a_response_has_head_chunks_and_tail_in_every_version() {
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            let chunks = stream::iter([Ok(Bytes::from_static(b"1")), Ok(Bytes::from_static(b"2"))]);
            let body = body(Bytes::from_static(b"["), chunks, Bytes::from_static(b"]"), version).await.unwrap();
            assert_eq!(body.collect().await.unwrap().to_bytes(), "[12]");
        }
    }
}
