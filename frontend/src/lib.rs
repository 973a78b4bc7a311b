//! The web app.
//!
//! `pages` own data, `components` render it, `hooks` connect the two, `api` is the only module that uses the network, and `state` has pure
//! reducers that are tested natively.

mod api;
mod app;
mod components;
mod hooks;
mod pages;
mod route;
mod state;

use std::panic::PanicHookInfo;

/// Mounts the app on `#app`, with a panic hook that shows a panel instead of a dead page.
pub fn run() {
    yew::set_custom_panic_hook(Box::new(show_panic));
    let root =
        web_sys::window().and_then(|window| window.document()).and_then(|document| document.get_element_by_id("app"));
    if let Some(root) = root {
        yew::Renderer::<app::App>::with_root(root).render();
    }
}

/// Logs a panic to the console and shows the panel of index.html, because Yew no longer renders. A panic never contains text of
/// documents.
fn show_panic(info: &PanicHookInfo<'_>) {
    web_sys::console::error_1(&info.to_string().into());
    let panel =
        web_sys::window().and_then(|window| window.document()).and_then(|document| document.get_element_by_id("broke"));
    if let Some(panel) = panel {
        // If this fails, too, the console has the panic.
        let _ = panel.remove_attribute("hidden");
    }
}
