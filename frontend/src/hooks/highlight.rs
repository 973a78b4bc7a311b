//! Highlights a region of the image together with its text, while one of them is hovered or focused.

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
    /// The side that is hovered or focused.
    pub(crate) from: Side,
    /// Whether the other side scrolls it into view, after a click or with the focus.
    pub(crate) scrolls: bool,
}

/// The region that an event is about.
pub(crate) fn region_at(target: Option<EventTarget>) -> Option<usize> {
    let element = target?.dyn_into::<Element>().ok()?;
    element.closest("[data-region]").ok()??.get_attribute("data-region")?.parse().ok()
}

/// Sets the class `is-highlighted` on one side directly in the DOM, so that hovering one part does not render thousands of others again.
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

/// Scrolls an element into view by the minimum distance.
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
