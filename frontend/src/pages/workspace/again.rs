//! What the document is read with, and the way to read it again so.

use inkstream_wire::DocumentKind;
use yew::prelude::*;

use crate::{
    components::{ChoiceBar, Glyph, Icon, Menu},
    hooks::{Reader, read},
    state::{Choices, model_name},
};

/// The engine's name, which opens the choices.
#[component]
pub(super) fn ReadAgain() -> Html {
    let open = use_state(|| false);
    let Some(reader) = use_context::<Reader>() else { return Html::default() };
    let ontoggle = {
        let open = open.clone();
        Callback::from(move |is| open.set(is))
    };
    // Something is missing for what was to be read: it is asked for here.
    use_effect_with(reader.choices.stopped, {
        let open = open.setter();
        move |stopped| {
            if stopped.is_some() {
                open.set(true);
            }
        }
    });
    let workspace = reader.workspace();
    let Some(engine) = reader.choices.engine(&reader.engines) else { return Html::default() };
    // What has read the document; what reads it next is chosen within.
    let engine = model_name(workspace.model.as_ref().unwrap_or(&engine.model)).to_owned();
    let several = workspace.pages.len() > 1;
    let this = workspace.selected.to_string();
    let busy = workspace.active() || workspace.document.is_none();
    let button = |class, words: String, pages: Option<String>| {
        let (reader, open) = (reader.clone(), open.clone());
        let onclick = Callback::from(move |_| {
            if reader.choices.gap(&reader.engines, true).is_none() {
                open.set(false);
                // Pages are for one reading: the next begins with all of them again.
                reader.choices.set(Choices { pages: String::new(), ..(*reader.choices).clone() });
            }
            read(&reader, pages.clone());
        });
        html! { <button class={classes!("button", class)} type="button" disabled={busy} {onclick}>{ words }</button> }
    };
    let range = reader.choices.range();
    html! {
        <Menu
            class="is-quiet" wide=true name={format!("Engine and options: {engine}")} open={*open} {ontoggle}
            label={html! { <><Icon glyph={Glyph::Options} /><span class="clip again-engine hide-on-phone">{ &engine }</span><Icon glyph={Glyph::Down} /></> }}
        >
            <ChoiceBar
                choices={reader.choices.clone()} engines={reader.engines.clone()} then="read again"
                pdf={workspace.kind != Some(DocumentKind::Image)} {several}
            />
            <div class="form-end">
                { match range {
                    Some(range) => button("is-primary", format!("Read pages {range} again"), Some(range)),
                    None if several => button("is-primary", "Read all pages again".to_owned(), None),
                    None => button("is-primary", "Read it again".to_owned(), None),
                } }
                if several {
                    { button("is-plain", format!("Only page {this}"), Some(this)) }
                }
            </div>
            if workspace.active() {
                <p class="form-about">{ "This document is being read. Stop it first, or wait." }</p>
            }
        </Menu>
    }
}
