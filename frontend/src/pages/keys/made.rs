//! The new key, which is shown only once.

use inkstream_wire::CreatedApiKey;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::{
    api::base_path,
    components::{Glyph, Icon},
    hooks::{ToastStore, copy},
    state::{ToastAction, curl},
};

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) created: CreatedApiKey,
    /// Called when the user has copied the key.
    pub(super) ondone: Callback<()>,
}

/// The key and a command that uses it, each with a copy button.
#[component]
pub(super) fn Made(props: &Props) -> Html {
    let title = use_node_ref();
    use_effect_with((), {
        let title = title.clone();
        move |()| {
            if let Some(title) = title.cast::<HtmlElement>() {
                // The section is visible also without focus.
                let _ = title.focus();
            }
        }
    });
    let CreatedApiKey { row, key } = &props.created;
    let origin = web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default();
    let command = curl(&(origin + &base_path()), &key.0, &row.scopes);
    html! {
        <section class="made" aria-labelledby="made-title">
            <h2 id="made-title" ref={title} tabindex="-1">{ "Your new key, " }{ &row.name }</h2>
            <p>{ "Copy it now: it is not shown again." }</p>
            <Copyable name="Copy key" said="The key is copied" text={key.0.clone()} />
            <p class="made-lead">{ "Ready to run:" }</p>
            <Copyable name="Copy command" said="The command is copied" text={command} />
            <button class="button" type="button" onclick={props.ondone.reform(|_| ())}>{ "Done" }</button>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct CopyableProps {
    name: AttrValue,
    said: &'static str,
    text: String,
}

#[component]
fn Copyable(props: &CopyableProps) -> Html {
    let toasts = use_context::<ToastStore>();
    let onclick = {
        let (text, said, toasts) = (props.text.clone(), props.said, toasts);
        Callback::from(move |_| {
            let toasts = toasts.clone();
            copy(text.clone(), move |done| {
                if let Some(toasts) = toasts {
                    let said = if done { said } else { "The browser did not allow copying. Select the text instead." };
                    toasts.dispatch(ToastAction::Say(said.to_owned()));
                }
            });
        })
    };
    html! {
        <div class="copyable">
            <pre tabindex="0" role="region" aria-label={props.name.strip_prefix("Copy ").unwrap_or_default().to_owned()}>{ &props.text }</pre>
            <button class="button" type="button" aria-label={props.name.clone()} {onclick}><Icon glyph={Glyph::Copy} />{ "Copy" }</button>
        </div>
    }
}
