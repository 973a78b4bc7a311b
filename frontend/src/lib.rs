//! The web app: a document goes in, its text comes out while it is read.
//!
//! `pages` own data, `components` own looks, `hooks` join them, `api` alone talks to the network,
//! and `state` holds pure reducers that are tested natively.

mod api;
mod app;
mod broke;
mod components;
mod hooks;
mod pages;
mod route;
mod state;

/// Mounts the app on `#app`, with a panic hook that shows a panel instead of a dead page.
pub fn run() {
    yew::set_custom_panic_hook(Box::new(broke::show));
    let root =
        web_sys::window().and_then(|window| window.document()).and_then(|document| document.get_element_by_id("app"));
    if let Some(root) = root {
        yew::Renderer::<app::App>::with_root(root).render();
    }
}
