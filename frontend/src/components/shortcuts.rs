//! The dialog of keyboard shortcuts.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

const SHORTCUTS: &[(&str, &str)] = &[
    ("J", "Next page"),
    ("K", "Page before"),
    ("1 2 3", "Text, raw, JSON"),
    ("B", "Boxes on the image"),
    ("S", "Stop reading"),
    ("E", "Export"),
    ("?", "This list"),
];

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn Shortcuts(props: &Props) -> Html {
    let dialog = use_node_ref();
    use_effect_with(dialog.clone(), |dialog| {
        if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
            // It fails only if the dialog is open already.
            let _ = dialog.show_modal();
        }
    });
    let onclose = props.onclose.reform(|_: Event| ());
    html! {
        <dialog class="dialog" ref={dialog} {onclose} aria-labelledby="shortcuts-title">
            <h2 id="shortcuts-title">{ "Keyboard shortcuts" }</h2>
            <dl class="shortcuts">
                { for SHORTCUTS.iter().map(|(keys, what)| html! {
                    <div>
                        <dt>{ for keys.split(' ').map(|key| html! { <kbd>{ key }</kbd> }) }</dt>
                        <dd>{ *what }</dd>
                    </div>
                }) }
            </dl>
            <form method="dialog"><button class="button">{ "Close" }</button></form>
        </dialog>
    }
}
