//! Fetches the contents of stored pages when a page comes into view, together with its neighbours.

use futures::{StreamExt as _, stream};
use inkstream_wire::DocumentId;
use wasm_bindgen_futures::spawn_local;

use super::Reader;
use crate::{
    api,
    state::{Action, Content},
};

/// The number of pages that are fetched at the same time if all are needed.
const CONCURRENCY: usize = 4;

/// Fetches the contents of these pages, except for those that are being fetched already.
pub(crate) fn load_contents(reader: &Reader, document: DocumentId, pages: &[u32]) {
    for &page in pages {
        if !reader.live.0.borrow_mut().contents.insert(page) {
            continue;
        }
        let reader = reader.clone();
        spawn_local(async move {
            let opening = reader.live.0.borrow().opening;
            fetch(&reader, document, page).await;
            let mut live = reader.live.0.borrow_mut();
            // Ignore the answer if another document was opened meanwhile.
            if live.opening == opening {
                live.contents.remove(&page);
            }
        });
    }
}

/// Fetches all missing contents, then calls `then`. An exported file needs them, so that all of its pages have the same kind of text.
pub(crate) fn with_contents(reader: &Reader, then: impl FnOnce(&Reader) + 'static) {
    let workspace = reader.workspace();
    let (document, pages) = (workspace.document, workspace.without_content());
    drop(workspace);
    let Some(document) = document.filter(|_| !pages.is_empty()) else { return then(reader) };
    let reader = reader.clone();
    spawn_local(async move {
        let fetched = stream::iter(pages).for_each_concurrent(CONCURRENCY, |page| fetch(&reader, document, page));
        fetched.await;
        if reader.workspace().document == Some(document) {
            then(&reader);
        }
    });
}

async fn fetch(reader: &Reader, document: DocumentId, page: u32) {
    let content = match api::page(document, page).await {
        Ok(detail) => detail.content.map_or(Content::Absent, Content::from),
        // Show the plain text. The content is requested again when the page is next selected.
        Err(_) => Content::Unknown,
    };
    reader.store.dispatch(Action::Content(document, page, content));
}
