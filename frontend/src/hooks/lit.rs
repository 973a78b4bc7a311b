//! The box and the text that belong together, lit while one of them is pointed at or has the focus.

use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, ScrollIntoViewOptions, ScrollLogicalPosition};
use yew::prelude::*;

/// Where a box or its text was pointed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pane {
    /// On the picture.
    Picture,
    /// In the text.
    Text,
}

/// What is lit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lit {
    /// The box's index in the page's boxes.
    pub(crate) mark: usize,
    /// Where it was pointed at.
    pub(crate) from: Pane,
    /// Whether it was clicked or got the focus: then its counterpart comes into view.
    pub(crate) firm: bool,
}

/// The mark that an event is about.
pub(crate) fn mark_at(target: Option<EventTarget>) -> Option<usize> {
    let element = target?.dyn_into::<Element>().ok()?;
    element.closest("[data-mark]").ok()??.get_attribute("data-mark")?.parse().ok()
}

/// Gives the class `is-lit` to the parts of `pane` that are lit, past the virtual DOM: thousands of them are not drawn
/// anew because one is pointed at.
#[hook]
pub(crate) fn use_lit(node: &NodeRef, pane: Pane, lit: Option<Lit>) {
    use_effect_with((lit, node.clone()), move |(lit, node)| {
        let parts = lit.and_then(|lit| Some((lit, found(node, &format!("[data-mark='{}']", lit.mark))?)));
        if let Some((lit, parts)) = &parts {
            for part in parts {
                // A class without spaces can always be added.
                let _ = part.class_list().add_1("is-lit");
            }
            if let (true, Some(first)) = (lit.firm && lit.from != pane, parts.first()) {
                reveal(first);
            }
        }
        move || {
            for part in parts.iter().flat_map(|(_, parts)| parts) {
                let _ = part.class_list().remove_1("is-lit");
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
