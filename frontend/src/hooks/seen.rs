//! Detects that an element has come into view.

use js_sys::Array;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry};
use yew::prelude::*;

/// Whether the element has been in view since it was `wanted`; true if the browser does not support the check.
#[hook]
pub(crate) fn use_seen(node: &NodeRef, wanted: bool) -> bool {
    let seen = use_state(|| false);
    use_effect_with((wanted && !*seen, node.clone()), {
        let seen = seen.setter();
        move |(watch, node)| {
            let watched = node.cast::<Element>().filter(|_| *watch).and_then(|element| Watch::begin(&element, &seen));
            move || drop(watched)
        }
    });
    *seen
}

/// Watches an element until it is dropped.
struct Watch {
    observer: IntersectionObserver,
    _told: Closure<dyn FnMut(Array)>,
}

impl Watch {
    fn begin(element: &Element, seen: &UseStateSetter<bool>) -> Option<Self> {
        let told = {
            let seen = seen.clone();
            Closure::new(move |entries: Array| {
                let in_view = |entry: wasm_bindgen::JsValue| {
                    entry.dyn_into::<IntersectionObserverEntry>().is_ok_and(|entry| entry.is_intersecting())
                };
                if entries.iter().any(in_view) {
                    seen.set(true);
                }
            })
        };
        let Ok(observer) = IntersectionObserver::new(told.as_ref().unchecked_ref()) else {
            seen.set(true);
            return None;
        };
        observer.observe(element);
        Some(Self { observer, _told: told })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
