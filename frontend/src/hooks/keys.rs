//! Keyboard shortcuts: single keys, which are ignored in fields.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

/// A shortcut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// `?`: the list of shortcuts.
    Help,
    /// `J`: the next page.
    Next,
    /// `K`: the previous page.
    Previous,
    /// `1`, `2`, `3`: a view of the text, by its index from 0.
    View(usize),
    /// `S`: stop.
    Stop,
    /// `E`: the export menu.
    Export,
    /// `B`: the boxes.
    Boxes,
}

impl Key {
    fn parse(key: &str) -> Option<Self> {
        Some(match key {
            "?" => Self::Help,
            "j" | "J" => Self::Next,
            "k" | "K" => Self::Previous,
            "1" => Self::View(0),
            "2" => Self::View(1),
            "3" => Self::View(2),
            "s" | "S" => Self::Stop,
            "e" | "E" => Self::Export,
            "b" | "B" => Self::Boxes,
            _ => return None,
        })
    }
}

/// Calls `pressed` for each shortcut.
#[hook]
pub(crate) fn use_keys(pressed: Callback<Key>) {
    // The callback changes with every rendering; the listener stays.
    let latest = use_mut_ref(|| pressed.clone());
    *latest.borrow_mut() = pressed;
    use_effect_with((), move |()| {
        let listener = web_sys::window().map(|window| {
            EventListener::new(&window, "keydown", move |event| {
                if let Some(key) = event.dyn_ref::<KeyboardEvent>().and_then(shortcut) {
                    let pressed = latest.borrow().clone();
                    pressed.emit(key);
                }
            })
        });
        move || drop(listener)
    });
}

fn shortcut(event: &KeyboardEvent) -> Option<Key> {
    let typing = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .and_then(|element| element.closest("input:not([type=checkbox], [type=file]), textarea, select, dialog").ok())
        .flatten()
        .is_some();
    let chord = event.ctrl_key() || event.meta_key() || event.alt_key() || event.repeat() && event.key() == "?";
    if typing || chord { None } else { Key::parse(&event.key()) }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn letters_are_shortcuts_in_both_cases_and_others_are_not() {
        assert_eq!(Key::parse("J"), Key::parse("j"));
        assert_eq!(Key::parse("2"), Some(Key::View(1)));
        assert_eq!(Key::parse("4"), None);
    }
}
