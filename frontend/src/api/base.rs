//! The base path of the server, which it wrote into the page.

use std::cell::OnceCell;

thread_local! {
    static BASE: OnceCell<String> = const { OnceCell::new() };
}

/// The path without a trailing slash; empty if the server is at the root of its host.
pub(crate) fn base_path() -> String {
    BASE.with(|base| base.get_or_init(|| in_page().unwrap_or_default()).clone())
}

/// The URL of one of the server's routes.
pub(crate) fn address(route: &str) -> String {
    base_path() + route
}

fn in_page() -> Option<String> {
    let document = web_sys::window()?.document()?;
    document.query_selector("meta[name=base-path]").ok()??.get_attribute("content")
}
