//! Copying text and saving files.

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use crate::state::Export;

/// Copies `text`, then calls `report` with whether the browser allowed it.
pub(crate) fn copy(text: String, report: impl FnOnce(bool) + 'static) {
    spawn_local(async move {
        let Some(window) = web_sys::window() else { return };
        // There is no clipboard outside of a secure context.
        let clipboard = js_sys::Reflect::get(&window.navigator(), &"clipboard".into()).unwrap_or_default();
        let done = match clipboard.dyn_into::<web_sys::Clipboard>() {
            Ok(clipboard) => JsFuture::from(clipboard.write_text(&text)).await.is_ok(),
            Err(_) => false,
        };
        report(done);
    });
}

/// Saves a file. If the browser refuses, it does not report that.
pub(crate) fn download(file: &Export) {
    let options = BlobPropertyBag::new();
    options.set_type(file.media_type);
    let parts = Array::of1(&file.content.as_str().into());
    if let Ok(blob) = Blob::new_with_str_sequence_and_options(&parts, &options) {
        save(&blob, &file.filename);
    }
}

/// Saves a blob with this name.
pub(crate) fn save(blob: &Blob, filename: &str) {
    let Ok(url) = Url::create_object_url_with_blob(blob) else { return };
    let link = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|page| page.create_element("a").ok())
        .and_then(|element| element.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(&url);
        link.set_download(filename);
        link.click();
    }
    let _ = Url::revoke_object_url(&url);
}
