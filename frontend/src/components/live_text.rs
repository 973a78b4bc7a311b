//! Text that grows. New text is appended directly to the DOM, so that the cost of a frame depends only on the new text.

use wasm_bindgen::JsCast;
use web_sys::{CharacterData, Element};
use yew::prelude::*;

use crate::{hooks::use_selector, state::PageState};

/// Properties of [`LiveText`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page's number.
    pub(crate) page: u32,
    /// Whether it still grows.
    pub(crate) live: bool,
    /// Whether it is shown in monospace, as the model wrote it.
    pub(crate) mono: bool,
    /// Called when the text has grown.
    pub(crate) ongrow: Callback<()>,
}

/// The plain text, in a single text node that Yew does not manage.
#[component]
pub(crate) fn LiveText(props: &Props) -> Html {
    let number = props.page;
    let page = use_selector(move |workspace| workspace.page_of(number).cloned());
    let node = use_node_ref();
    let shown = use_mut_ref(String::new);
    use_effect_with((page, props.ongrow.clone(), props.live), {
        let node = node.clone();
        move |(page, ongrow, live): &(Option<PageState>, Callback<()>, bool)| {
            let text = page.as_ref().map(PageState::text).unwrap_or_default();
            let mut shown = shown.borrow_mut();
            if let Some(element) = node.cast::<Element>() {
                append(&element, &shown, text);
            }
            if let Some(rest) = text.strip_prefix(shown.as_str()) {
                shown.push_str(rest);
            } else {
                text.clone_into(&mut shown);
            }
            if *live {
                ongrow.emit(());
            }
        }
    });
    let class = classes!(if props.mono { "text-mono" } else { "text-plain" }, props.live.then_some("is-live"));
    html! { <div {class} dir="auto" ref={node} /> }
}

/// Changes the element's text from `shown` to `text`.
fn append(element: &Element, shown: &str, text: &str) {
    let node = element.first_child().and_then(|node| node.dyn_into::<CharacterData>().ok());
    match (node, text.strip_prefix(shown)) {
        // An append cannot fail, unlike other changes of character data.
        (Some(node), Some(rest)) if !rest.is_empty() => drop(node.append_data(rest)),
        (Some(_), Some(_)) => {}
        _ => element.set_text_content(Some(text)),
    }
}
