//! A button that opens a few more.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};
use yew::prelude::*;

/// Properties of [`Menu`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// What the button says.
    pub(crate) label: Html,
    /// What is on it: for people who cannot see it.
    pub(crate) name: AttrValue,
    /// More classes for the button.
    #[prop_or_default]
    pub(crate) class: Classes,
    /// Whether it is open.
    pub(crate) open: bool,
    /// It is to be opened or closed.
    pub(crate) ontoggle: Callback<bool>,
    /// Whether it holds fields and not only buttons.
    #[prop_or_default]
    pub(crate) wide: bool,
    /// What it holds.
    pub(crate) children: Html,
}

/// Opens below its button, closes with Escape and when the focus leaves it.
#[component]
pub(crate) fn Menu(props: &Props) -> Html {
    let root = use_node_ref();
    let button = use_node_ref();
    use_effect_with((props.open, root.clone()), |(open, root)| {
        // A field that is to be filled comes first.
        let wanted = [".menu-body [autofocus]", ".menu-body :is(button, input, select, a)"];
        let first = root.cast::<HtmlElement>().and_then(|root| {
            let mut found = wanted.iter().filter_map(|wanted| root.query_selector(wanted).ok().flatten());
            found.next()?.dyn_into::<HtmlElement>().ok()
        });
        if let (true, Some(first)) = (*open, first) {
            // An element that cannot be focused leaves the focus on the button.
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
                // A menu around it stays open.
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
    // What an item opens gives the focus back to what had it: the item is gone by then.
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
    // Safari gives a clicked button no focus: the body takes it, so that focusout still tells.
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
