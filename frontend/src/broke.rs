//! What a person sees when the app itself fails: a panel of index.html, because Yew no longer draws.

use std::panic::PanicHookInfo;

/// Shows the panel and puts the panic on the console. Document text is never part of a panic.
pub(crate) fn show(info: &PanicHookInfo<'_>) {
    web_sys::console::error_1(&info.to_string().into());
    let panel =
        web_sys::window().and_then(|window| window.document()).and_then(|document| document.get_element_by_id("broke"));
    if let Some(panel) = panel {
        // Nothing is left to do when even this fails: the console has the panic.
        let _ = panel.remove_attribute("hidden");
    }
}
