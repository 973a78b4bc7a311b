//! The highlight: the region of the image and its text, while one of them is pointed at or has the focus.

use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, ScrollIntoViewOptions, ScrollLogicalPosition};
use yew::prelude::*;

/// The two sides of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The image.
    Image,
    /// The text.
    Text,
}

/// What is highlighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Highlight {
    /// The region's number.
    pub(crate) region: usize,
    /// Where it was pointed at.
    pub(crate) from: Side,
    /// Whether the other side scrolls it into view: after a click, or when it has the focus.
    pub(crate) scrolls: bool,
}

/// The region that an event is about.
pub(crate) fn region_at(target: Option<EventTarget>) -> Option<usize> {
    let element = target?.dyn_into::<Element>().ok()?;
    element.closest("[data-region]").ok()??.get_attribute("data-region")?.parse().ok()
}

/// Gives the class `is-highlighted` to the parts of one side that are, past the virtual DOM: thousands of them are not
/// rendered again because one is pointed at.
#[hook]
pub(crate) fn use_highlight(node: &NodeRef, side: Side, highlight: Option<Highlight>) {
    use_effect_with((highlight, node.clone()), move |(highlight, node)| {
        let parts = highlight.and_then(|it| Some((it, found(node, &format!("[data-region='{}']", it.region))?)));
        if let Some((highlight, parts)) = &parts {
            for part in parts {
                // A class without spaces can always be added.
                let _ = part.class_list().add_1("is-highlighted");
            }
            if let (true, Some(first)) = (highlight.scrolls && highlight.from != side, parts.first()) {
                reveal(first);
            }
        }
        move || {
            for part in parts.iter().flat_map(|(_, parts)| parts) {
                let _ = part.class_list().remove_1("is-highlighted");
            }
        }
    });
}

/// Brings an element into view, by as little as is needed.
pub(crate) fn reveal(element: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    options.set_inline(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

fn found(node: &NodeRef, selector: &str) -> Option<Vec<Element>> {
    let list = node.cast::<Element>()?.query_selector_all(selector).ok()?;
    Some((0..list.length()).filter_map(|index| list.get(index)?.dyn_into().ok()).collect())
}
