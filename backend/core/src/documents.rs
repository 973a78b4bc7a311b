//! Documents: storing, listing, showing, correcting and deleting them.

mod annotated;
mod expiry;
mod image;
mod open_documents;
mod upload;

use std::{sync::Arc, time::Duration};

use futures::{Stream, stream};
use inkstream_wire::{DocumentId, DocumentKind, ErrorCode, routes};

use crate::{
    Error, Result,
    accounts::{Signature, SignedUrls},
    lifecycle::Lifecycle,
    live_runs::LiveRuns,
    owner::Owner,
    ports::{
        BlobKey, Blobs, Clock, DocumentInfo, DocumentRecord, NewDocument, OpenDocument, OpenRequest, PageRecord,
        PageStore, PageSummary, PageWithContent, Renderer, Store,
    },
};

pub use annotated::annotated;
pub(crate) use expiry::{clear_orphans, expire};
pub use image::{PageImageOptions, page_image};
pub use open_documents::OpenDocuments;
pub use upload::{Upload, receive, too_large};

/// Characters of a file's name that are kept.
const MAX_FILENAME: usize = 255;
/// Pages per query of a stream of pages with their texts.
const PAGES_PER_BATCH: u32 = 32;
/// Pages per query of a stream of pages without their texts.
const SUMMARIES_PER_BATCH: u32 = 500;
/// Bytes of a page's correction: more than any page holds.
const MAX_CORRECTION: usize = 1 << 20;

/// The ports and limits of documents.
pub struct Documents {
    /// Documents and their pages.
    pub store: Arc<dyn Store>,
    /// The documents' files.
    pub blobs: Arc<dyn Blobs>,
    /// Opens documents and renders pages.
    pub renderer: Arc<dyn Renderer>,
    /// The documents that stay open between two page images.
    pub open: OpenDocuments,
    /// Signs the URLs of a document's resources.
    pub urls: SignedUrls,
    /// The runs that are cancelled when their document is deleted.
    pub live_runs: LiveRuns,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The lifecycle of the process.
    pub lifecycle: Lifecycle,
    /// The maximum size of an upload in bytes.
    pub max_upload_bytes: u64,
    /// How long a document is kept.
    pub ttl: Duration,
}

/// A stored document, open for rendering.
pub(crate) struct Opened {
    pub(crate) id: DocumentId,
    pub(crate) blob: BlobKey,
    pub(crate) pages: Box<dyn OpenDocument>,
}

/// A document that was just stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredDocument {
    /// Its id.
    pub id: DocumentId,
    /// Image or PDF.
    pub kind: DocumentKind,
    /// How many pages it has.
    pub pages: u32,
}

/// Stores an upload as a document: opens it and counts its pages. Deletes the blob on an error.
pub async fn add(
    documents: &Arc<Documents>,
    owner: &Owner,
    upload: Upload,
    password: Option<String>,
) -> Result<StoredDocument> {
    let (owner, adding) = (owner.clone(), Arc::clone(documents));
    documents
        .lifecycle
        .run_to_completion(async move {
            let pages = match open_upload(&adding, &upload, password).await {
                Ok(pages) => pages,
                Err(error) => {
                    upload.discard().await;
                    return Err(error);
                }
            };
            let opened = store_upload(&adding, &owner, upload, pages, Keep::Long).await?;
            let DocumentInfo { kind, pages, .. } = opened.pages.info();
            Ok(StoredDocument { id: opened.id, kind, pages })
        })
        .await
}

/// How long a document is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// For [`Documents::ttl`].
    Long,
    /// Until its run has ended: for the run's lease, which is renewed.
    UntilRunEnds {
        /// How long the lease lasts.
        lease: Duration,
    },
}

/// Opens an upload that is not a document yet.
pub(crate) async fn open_upload(
    documents: &Documents,
    upload: &Upload,
    password: Option<String>,
) -> Result<Box<dyn OpenDocument>> {
    let file = documents.blobs.open(upload.blob()).await?;
    documents.renderer.open(OpenRequest { file, password }).await
}

/// Stores an upload as a document. On an error its blob is deleted. The caller must run this to completion: if it
/// were dropped halfway, a row could lack its file.
pub(crate) async fn store_upload(
    documents: &Documents,
    owner: &Owner,
    upload: Upload,
    pages: Box<dyn OpenDocument>,
    keep: Keep,
) -> Result<Opened> {
    let info = pages.info();
    let created_at = documents.clock.now();
    let kept = match keep {
        Keep::Long => documents.ttl,
        Keep::UntilRunEnds { lease } => lease,
    };
    let document = NewDocument {
        id: upload.id,
        owner: owner.clone(),
        filename: upload.filename.clone(),
        kind: info.kind,
        bytes: upload.bytes,
        pages: info.pages,
        blob: upload.blob().clone(),
        created_at,
        expires_at: created_at + kept,
        transient: keep != Keep::Long,
    };
    if let Err(error) = documents.store.add_document(document).await {
        upload.discard().await;
        return Err(error);
    }
    let opened = Opened { id: upload.id, blob: upload.blob().clone(), pages };
    upload.claim();
    Ok(opened)
}

/// Opens a stored document for rendering.
pub(crate) async fn open(
    documents: &Documents,
    owner: &Owner,
    id: DocumentId,
    password: Option<String>,
) -> Result<Opened> {
    let stored = documents.store.document(owner, id, documents.clock.now()).await?;
    let file = documents.blobs.open(&stored.blob).await?;
    let pages = documents.renderer.open(OpenRequest { file, password }).await?;
    Ok(Opened { id, blob: stored.blob, pages })
}

/// Opens a stored document to show its pages, unless it is still open. One with several pages stays open for the next image.
async fn open_to_show(
    documents: &Documents,
    owner: &Owner,
    id: DocumentId,
    password: Option<String>,
) -> Result<Arc<dyn OpenDocument>> {
    let now = documents.clock.now();
    // Whether it is the owner's, and not expired, is asked for every image.
    let stored = documents.store.document(owner, id, now).await?;
    if let Some(open) = documents.open.get(id, password.as_deref(), now) {
        return Ok(open);
    }
    let file = documents.blobs.open(&stored.blob).await?;
    let request = OpenRequest { file, password: password.clone() };
    let pages: Arc<dyn OpenDocument> = documents.renderer.open(request).await?.into();
    if pages.info().pages > 1 {
        documents.open.keep(id, password, Arc::clone(&pages), now);
    }
    Ok(pages)
}

/// The owner's documents, latest first, at most `limit`; with `before` those that come after that one.
pub async fn list(
    documents: &Documents,
    owner: &Owner,
    before: Option<DocumentId>,
    limit: u32,
) -> Result<Vec<DocumentRecord>> {
    if !owner.has_lists() {
        return Ok(Vec::new());
    }
    documents.store.documents(owner, documents.clock.now(), before, limit).await
}

/// Makes the signed URLs of a document's resources.
pub struct DocumentUrls {
    documents: Arc<Documents>,
    id: DocumentId,
    owner: Owner,
}

impl DocumentUrls {
    /// For the documents of this owner.
    pub fn new(documents: &Arc<Documents>, id: DocumentId, owner: &Owner) -> Self {
        Self { documents: Arc::clone(documents), id, owner: owner.clone() }
    }

    /// The URL of a page image.
    pub fn image(&self, page: u32) -> Option<String> {
        self.sign(&routes::page_image(self.id, page))
    }

    /// The URL of a rotated page image. It differs from the other one, so that a browser does not show its cached image.
    pub fn turned_image(&self, page: u32, rotation: Option<u16>) -> Option<String> {
        let url = self.image(page)?;
        Some(match rotation {
            Some(rotation) => routes::with_parameter(&url, "rotation", rotation),
            None => url,
        })
    }

    /// The URL of a page image with its boxes.
    pub fn annotated(&self, page: u32) -> Option<String> {
        self.sign(&routes::page_annotated(self.id, page))
    }

    /// The URL of the result.
    pub fn result(&self) -> Option<String> {
        self.sign(&routes::document_result(self.id))
    }

    fn sign(&self, path: &str) -> Option<String> {
        self.documents.urls.sign(path, &self.owner, self.documents.clock.now())
    }
}

/// The owner of a document, for a caller with a signed URL of `path`. `NotFound` if the signature is invalid or expired.
pub async fn owner_by_link(documents: &Documents, id: DocumentId, path: &str, signature: &Signature) -> Result<Owner> {
    let now = documents.clock.now();
    let owner = documents.store.owner_of(id, now).await?;
    if documents.urls.verify(path, &owner, signature, now) {
        return Ok(owner);
    }
    Err(Error::new(ErrorCode::NotFound, "The address is over or wrong. Load the document again for a new one."))
}

/// A document of this owner.
pub async fn document(documents: &Documents, owner: &Owner, id: DocumentId) -> Result<DocumentRecord> {
    documents.store.document(owner, id, documents.clock.now()).await
}

/// The pages of a document with their texts and contents, in batches, so that no document is whole in memory. Each batch is as the
/// database has it when it is read. A document that is deleted meanwhile ends the stream with `NotFound`, never early and without an error.
pub fn pages(
    store: Arc<dyn PageStore>,
    document: &DocumentRecord,
) -> impl Stream<Item = Result<Vec<PageWithContent>>> + use<> {
    let id = document.id;
    batches(document.pages, move |after| {
        let store = Arc::clone(&store);
        async move { store.pages(id, after, PAGES_PER_BATCH).await }
    })
}

/// The same without their texts.
pub fn page_summaries(
    store: Arc<dyn PageStore>,
    document: &DocumentRecord,
) -> impl Stream<Item = Result<Vec<PageSummary>>> + use<> {
    let id = document.id;
    batches(document.pages, move |after| {
        let store = Arc::clone(&store);
        async move { store.page_summaries(id, after, SUMMARIES_PER_BATCH).await }
    })
}

/// Calls `next` with the number of the last page so far, until all `total` pages of a document have come.
fn batches<T, F: Future<Output = Result<Vec<T>>>>(
    total: u32,
    next: impl Fn(u32) -> F,
) -> impl Stream<Item = Result<Vec<T>>> {
    stream::try_unfold((0, next), move |(after, next)| async move {
        if after >= total {
            return Ok(None);
        }
        let batch = next(after).await?;
        if batch.is_empty() {
            return Err(Error::new(ErrorCode::NotFound, "The document was deleted while it was read."));
        }
        let read = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        Ok(Some((batch, (after.saturating_add(read), next))))
    })
}

/// One page with its text and content.
pub async fn page(documents: &Documents, owner: &Owner, id: DocumentId, page: u32) -> Result<PageWithContent> {
    documents.store.document(owner, id, documents.clock.now()).await?;
    documents.store.page(id, page).await
}

/// Deletes a document, its blob and its results, and cancels the runs that read it. The ledger is kept. After an error, deletion
/// can be retried.
pub async fn delete(documents: &Arc<Documents>, owner: &Owner, id: DocumentId) -> Result<()> {
    let stored = documents.store.document(owner, id, documents.clock.now()).await?;
    let deleting = Arc::clone(documents);
    documents.lifecycle.run_to_completion(async move { remove(&deleting, id, &stored.blob).await }).await
}

/// Deletes a document that its owner asked not to keep. Returns whether it is deleted; if not, the sweeper deletes it when it
/// expires.
pub(crate) async fn forget(documents: &Documents, id: DocumentId, blob: &BlobKey) -> bool {
    match remove(documents, id, blob).await {
        Ok(()) => true,
        Err(error) if error.code == ErrorCode::NotFound => true,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(document = %id, error, "a document could not be forgotten");
            false
        }
    }
}

/// Deletes the blob first: on a full disk, the database cannot delete the row before there is room.
async fn remove(documents: &Documents, id: DocumentId, blob: &BlobKey) -> Result<()> {
    documents.open.close(id);
    documents.blobs.delete(blob).await?;
    documents.store.delete_document(id).await?;
    documents.live_runs.cancel_by_document(id);
    Ok(())
}

/// Stores a person's correction of a page beside the original; `None` removes it.
pub async fn correct(
    documents: &Documents,
    owner: &Owner,
    id: DocumentId,
    page: u32,
    text: Option<String>,
) -> Result<PageRecord> {
    if text.as_ref().is_some_and(|text| text.len() > MAX_CORRECTION) {
        let detail = format!("A correction may have at most {MAX_CORRECTION} bytes.");
        return Err(Error::new(ErrorCode::TooLarge, detail));
    }
    // The store would replace them, because PostgreSQL cannot keep them.
    if text.as_ref().is_some_and(|text| text.contains('\0')) {
        return Err(Error::new(ErrorCode::InvalidOption, "text cannot hold zero bytes.").of_field("text"));
    }
    documents.store.document(owner, id, documents.clock.now()).await?;
    documents.store.correct_page(id, page, text.as_deref(), documents.clock.now()).await?;
    Ok(documents.store.page(id, page).await?.record)
}

/// A name without folders and control characters, cut to what a list can show.
fn clean_filename(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    // Bidirectional controls could make `gpj.exe` look like an image.
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let name: String = name.chars().filter(|&c| !hidden(c)).take(MAX_FILENAME).collect();
    let name = name.trim();
    if name.is_empty() || name == "." || name == ".." { "untitled".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::clean_filename;

    #[test]
    fn names_lose_folders_controls_and_length() {
        assert_eq!(clean_filename("../../etc/passwd"), "passwd");
        assert_eq!(clean_filename(r"C:\scans\page 1.png"), "page 1.png");
        assert_eq!(clean_filename("a\u{202e}gpj\0\n.exe"), "agpj.exe");
        assert_eq!(clean_filename(".."), "untitled");
        assert_eq!(clean_filename(""), "untitled");
        assert_eq!(clean_filename(&"ä".repeat(400)).chars().count(), 255);
    }
}
