//! The path that the server is reached beneath, as it wrote it into the page.

use std::cell::OnceCell;

thread_local! {
    static BASE: OnceCell<String> = const { OnceCell::new() };
}

/// The path, without a slash at its end; empty where the server has its host for itself.
pub(crate) fn base_path() -> String {
    BASE.with(|base| base.get_or_init(|| in_page().unwrap_or_default()).clone())
}

/// The address of one of the server's routes.
pub(crate) fn address(route: &str) -> String {
    base_path() + route
}

fn in_page() -> Option<String> {
    let document = web_sys::window()?.document()?;
    document.query_selector("meta[name=base-path]").ok()??.get_attribute("content")
}
