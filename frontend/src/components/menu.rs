//! A button with a menu.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) label: Html,
    /// The button's accessible name.
    pub(crate) name: AttrValue,
    #[prop_or_default]
    pub(crate) class: Classes,
    pub(crate) open: bool,
    /// Opens or closes the menu.
    pub(crate) ontoggle: Callback<bool>,
    /// Whether the menu contains fields, for which it is wider.
    #[prop_or_default]
    pub(crate) wide: bool,
    pub(crate) children: Html,
}

/// A menu that opens below its button, and closes with Escape or when it loses the focus.
#[component]
pub(crate) fn Menu(props: &Props) -> Html {
    let root = use_node_ref();
    let button = use_node_ref();
    use_effect_with((props.open, root.clone()), |(open, root)| {
        // Prefer the field that must be filled first.
        let focusable = [".menu-body [autofocus]", ".menu-body :is(button, input, select, a)"];
        let first = root.cast::<HtmlElement>().and_then(|root| {
            let mut found = focusable.iter().filter_map(|focusable| root.query_selector(focusable).ok().flatten());
            found.next()?.dyn_into::<HtmlElement>().ok()
        });
        if let (true, Some(first)) = (*open, first) {
            // If the element cannot be focused, the button keeps the focus.
            let _ = first.focus();
        }
    });
    let onclick = {
        let (open, ontoggle) = (props.open, props.ontoggle.clone());
        Callback::from(move |_| ontoggle.emit(!open))
    };
    let onkeydown = {
        let (open, ontoggle, button) = (props.open, props.ontoggle.clone(), button.clone());
        Callback::from(move |event: KeyboardEvent| {
            if open && event.key() == "Escape" {
                // Keep an enclosing menu open.
                event.stop_propagation();
                ontoggle.emit(false);
                if let Some(button) = button.cast::<HtmlElement>() {
                    let _ = button.focus();
                }
            }
        })
    };
    let onfocusout = {
        let (ontoggle, root) = (props.ontoggle.clone(), root.clone());
        Callback::from(move |event: FocusEvent| {
            let to = event.related_target().and_then(|target| target.dyn_into::<Node>().ok());
            let inside = to.is_some() && root.get().is_some_and(|root| root.contains(to.as_ref()));
            if !inside {
                ontoggle.emit(false);
            }
        })
    };
    // Focus the button first: a dialog that an item opens returns the focus to it, because the item is gone by then.
    let onitem = {
        let button = button.clone();
        Callback::from(move |event: MouseEvent| {
            let item = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let item = item.and_then(|item| item.closest("button.menu-item").ok().flatten());
            if let (Some(_), Some(button)) = (item, button.cast::<HtmlElement>()) {
                let _ = button.focus();
            }
        })
    };
    // Safari does not focus a clicked button. The menu's body takes the focus, so that `focusout` is still sent.
    html! {
        <div class="menu" ref={root} {onkeydown} {onfocusout}>
            <button
                ref={button} type="button" class={classes!("button", props.class.clone())}
                aria-expanded={props.open.to_string()} aria-label={props.name.clone()} {onclick}
            >
                { props.label.clone() }
            </button>
            if props.open {
                <div class={classes!("menu-body", props.wide.then_some("is-wide"))} tabindex="-1" onclick={onitem}>{ props.children.clone() }</div>
            }
        </div>
    }
}
