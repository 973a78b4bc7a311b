//! The chosen theme, stored in this browser. theme.js applies it before the first frame.

use web_sys::Storage;
use yew::prelude::*;

use crate::state::Theme;

/// The storage key, which theme.js also reads.
const STORED: &str = "inkstream-theme";

/// The theme and a callback that switches to the next one.
#[hook]
pub(crate) fn use_theme() -> (Theme, Callback<MouseEvent>) {
    let theme = use_state(stored);
    let next = {
        let theme = theme.clone();
        Callback::from(move |_| {
            let next = theme.next();
            apply(next);
            theme.set(next);
        })
    };
    (*theme, next)
}

fn storage() -> Option<Storage> {
    // Browsers may refuse storage. The choice then lasts until the page is closed.
    web_sys::window().and_then(|window| window.local_storage().ok()).flatten()
}

fn stored() -> Theme {
    let word = storage().and_then(|storage| storage.get_item(STORED).ok()).flatten();
    Theme::parse(&word.unwrap_or_default())
}

fn apply(theme: Theme) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(STORED, theme.as_str());
    }
    let root = web_sys::window().and_then(|window| window.document()).and_then(|page| page.document_element());
    if let Some(root) = root {
        let _ = root.set_attribute("data-theme", theme.as_str());
    }
}
