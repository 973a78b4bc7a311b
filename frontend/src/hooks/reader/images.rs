//! The page images of the document on the screen: their addresses and passwords.

use inkstream_wire::{DocumentDetail, DocumentId, DocumentKind, ResultFormat, Secret, routes};
use wasm_bindgen_futures::spawn_local;

use super::Reader;
use crate::{
    api,
    hooks::{ImageSource, ToastStore, WorkspaceStore},
    state::{Action, Failure, ImageAddress, Lock, ToastAction, in_words},
};

/// The minimum interval in milliseconds between two renewals of the addresses.
const ADDRESSES_EVERY: f64 = 60_000.0;
/// The width in pixels of the image that is requested to learn whether a document is locked. It is not shown.
const PROBE: u32 = 16;

impl Reader {
    /// The uploaded image itself, which is shown before the server has a page image.
    pub(crate) fn own_image(&self) -> Option<ImageSource> {
        let url = self.live.0.borrow().image.as_ref().map(super::ObjectUrl::address)?;
        Some(ImageSource { url, password: None })
    }

    /// The source of a page's image: its signed address, or its plain one if requests need no token. The image of a PDF with a password is
    /// fetched with the token in the request.
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
            // The address contains the rotation of the page.
            Some(signed) => routes::with_parameter(signed, "width", width),
            None if api::signed_in() => return None,
            None => plain(),
        };
        Some(ImageSource { url: url.into(), password })
    }
}

/// Fetches the annotated image of a page.
pub(crate) async fn annotated(reader: &Reader, page: u32) -> Result<web_sys::Blob, Failure> {
    let id = reader.workspace().document.ok_or(Failure::Broken)?;
    let password = reader.live.0.borrow().password.clone().map(Secret);
    api::image(&api::address(&routes::page_annotated(id, page)), password, None).await
}

/// Fetches the document's result in a format that only the server writes.
pub(crate) async fn stored_result(reader: &Reader, format: ResultFormat) -> Result<web_sys::Blob, Failure> {
    let id = reader.workspace().document.ok_or(Failure::Broken)?;
    let path = format!("{}?format={}", routes::document_result(id), format.as_str());
    api::image(&api::address(&path), None, None).await
}

/// Renews the addresses of the page images, because signed addresses expire while a document is on the screen.
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

/// Requests one small image of a fetched PDF, so that the images of a locked PDF are not all requested in vain.
pub(super) async fn probe(store: &WorkspaceStore, id: DocumentId, pages: Option<u32>) {
    if let Some(page) = pages {
        let answer = api::image(&plain(id, page, PROBE), None, None).await.map(drop);
        store.dispatch(Action::Probed(id, answer));
    }
}

/// The page whose image shows whether a document is locked; `None` if the document cannot be locked.
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
        // Another document was opened meanwhile.
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
