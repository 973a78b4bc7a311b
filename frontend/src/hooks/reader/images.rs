//! The page images of the document on the screen: where they are, and what they ask for.

use inkstream_wire::{DocumentDetail, DocumentId, DocumentKind, Secret, routes};
use wasm_bindgen_futures::spawn_local;

use super::Reader;
use crate::{
    api,
    hooks::{ImageSource, ToastStore, WorkspaceStore},
    state::{Action, Failure, ImageAddress, Lock, ToastAction, in_words},
};

/// Addresses are not asked for anew more often than this, in milliseconds.
const ADDRESSES_EVERY: f64 = 60_000.0;
/// Width of the image that tells whether a document is locked, in pixels: it is not shown.
const PROBE: u32 = 16;

impl Reader {
    /// The image that the file itself is, before the server has one.
    pub(crate) fn own_image(&self) -> Option<ImageSource> {
        let url = self.live.0.borrow().image.as_ref().map(super::ObjectUrl::address)?;
        Some(ImageSource { url, password: None })
    }

    /// Where the server has the image of a page: under its signed address, or, for whom no token is asked, under
    /// its plain one. Of a PDF with a password it is to be fetched, with the token in the request.
    pub(crate) fn stored_image(&self, address: &ImageAddress, width: u32) -> Option<ImageSource> {
        let workspace = self.workspace();
        let id = workspace.document.filter(|_| workspace.lock == Lock::Open)?;
        let password = self.live.0.borrow().password.clone().map(Secret);
        let plain = || {
            let url = plain(id, address.page, width);
            address.rotation.map_or_else(|| url.clone(), |degrees| routes::with_parameter(&url, "rotation", degrees))
        };
        let url = match &address.url {
            _ if password.is_some() => plain(),
            // It says itself how the page is turned.
            Some(signed) => routes::with_parameter(signed, "width", width),
            None if api::signed_in() => return None,
            None => plain(),
        };
        Some(ImageSource { url: url.into(), password })
    }
}

/// Fetches the image of a page with its boxes drawn on it.
pub(crate) async fn annotated(reader: &Reader, page: u32) -> Result<web_sys::Blob, Failure> {
    let id = reader.workspace().document.ok_or(Failure::Broken)?;
    let password = reader.live.0.borrow().password.clone().map(Secret);
    api::image(&api::address(&routes::page_annotated(id, page)), password, None).await
}

/// Asks for the addresses of the page images anew: signed ones wear out while a document is on the screen.
pub(crate) fn new_addresses(reader: &Reader) {
    let workspace = reader.workspace();
    let signed = workspace.pages.iter().any(|page| page.page.image_url.is_some());
    let Some(id) = workspace.document.filter(|_| signed) else { return };
    let now = js_sys::Date::now();
    if now - reader.live.0.borrow().addressed_at < ADDRESSES_EVERY {
        return;
    }
    reader.live.0.borrow_mut().addressed_at = now;
    let store = reader.store.clone();
    spawn_local(async move {
        if let Ok(detail) = api::document_summary(id).await {
            store.dispatch(Action::Addresses(id, detail.page_list));
        }
    });
}

/// Asks for one small image of a fetched PDF, so that of one that is locked not every page is asked for in vain.
pub(super) async fn probe(store: &WorkspaceStore, id: DocumentId, pages: Option<u32>) {
    if let Some(page) = pages {
        let answer = api::image(&plain(id, page, PROBE), None, None).await.map(drop);
        store.dispatch(Action::Probed(id, answer));
    }
}

/// The page that tells whether a document is locked; none where it cannot be.
pub(super) fn probed(detail: &DocumentDetail) -> Option<u32> {
    let pdf = detail.document.kind == DocumentKind::Pdf;
    detail.page_list.first().filter(|_| pdf).map(|page| page.page)
}

/// Opens the page images of a locked PDF with a password, if it is the right one.
pub(crate) fn unlock(reader: &Reader, toasts: &ToastStore, password: String) {
    let workspace = reader.workspace();
    let (Some(id), Some(page)) = (workspace.document, workspace.shown()) else { return };
    let url = plain(id, page.page.page, PROBE);
    let (reader, toasts) = (reader.clone(), toasts.dispatcher());
    let opening = reader.live.0.borrow().opening;
    spawn_local(async move {
        let answer = api::image(&url, Some(Secret(password.clone())), None).await.map(drop);
        let mut live = reader.live.0.borrow_mut();
        // Another document is on the screen by now.
        if live.opening != opening {
            return;
        }
        if answer.is_ok() {
            live.password = Some(password);
        }
        drop(live);
        if let Some(failure) = answer.as_ref().err().filter(|failure| !failure.asks_for_password()) {
            toasts.dispatch(ToastAction::Say(in_words(failure)));
        }
        reader.store.dispatch(Action::Probed(id, answer));
    });
}

fn plain(id: DocumentId, page: u32, width: u32) -> String {
    routes::with_parameter(&api::address(&routes::page_image(id, page)), "width", width)
}
