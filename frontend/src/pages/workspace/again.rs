//! What the document is read with, and the way to read it again so.

use inkstream_wire::DocumentKind;
use yew::prelude::*;

use crate::{
    components::{ChoiceBar, Glyph, Icon, Menu},
    hooks::{Reader, read},
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
    let Some(next) = reader.choices.engine(&reader.engines).map(|engine| engine.model.clone()) else {
        return Html::default();
    };
    // What has read the document, and what reads it next, which is chosen within.
    let (engine, to) = match &workspace.model {
        Some(model) if *model != next && !workspace.active() => (model.clone(), Some(next)),
        Some(model) => (model.clone(), None),
        None => (next, None),
    };
    let named = to.as_ref().map_or_else(|| engine.clone(), |to| format!("{engine} → {to}"));
    // Of a file that is to be sent again it is not known how many it has.
    let several = workspace.pages.len() > 1 || (workspace.document.is_none() && workspace.pages.is_empty());
    let this = workspace.selected.to_string();
    let busy = workspace.active();
    let button = |class, words: String, pages: Option<String>| {
        let (reader, open) = (reader.clone(), open.clone());
        let onclick = Callback::from(move |_| {
            if reader.choices.gap(&reader.engines, true).is_none() {
                open.set(false);
                reader.choices.set(reader.choices.after_reading());
            }
            read(&reader, pages.clone());
        });
        html! { <button class={classes!("button", class)} type="button" disabled={busy} {onclick}>{ words }</button> }
    };
    let range = reader.choices.range();
    // What never came to the server was not read before.
    let again = if workspace.document.is_some() { " again" } else { "" };
    html! {
        <Menu
            class="is-quiet" wide=true name={format!("Engine and options: {named}")} open={*open} {ontoggle}
            label={html! {
                <>
                    <Icon glyph={Glyph::Options} />
                    <span class="again-engine" title={named}>
                        <span class="clip">{ &engine }</span>
                        if let Some(to) = to {
                            <span>{ "→" }</span><span class="clip">{ to }</span>
                        }
                    </span>
                    <Icon glyph={Glyph::Down} />
                </>
            }}
        >
            <ChoiceBar
                choices={reader.choices.clone()} engines={reader.engines.clone()} then="read again"
                pdf={workspace.kind != Some(DocumentKind::Image)} {several}
            />
            <div class="form-end">
                { match range {
                    Some(range) => button("is-primary", format!("Read pages {range}{again}"), Some(range)),
                    // The range is to be mended first: the field says how.
                    None if !reader.choices.pages_valid() => button("is-primary", format!("Read these pages{again}"), None),
                    None if several => button("is-primary", format!("Read all pages{again}"), None),
                    None => button("is-primary", format!("Read it{again}"), None),
                } }
                if workspace.pages.len() > 1 {
                    { button("is-plain", format!("Only page {this}"), Some(this)) }
                }
            </div>
            if workspace.active() {
                <p class="form-about">{ "This document is being read. Stop it first, or wait." }</p>
            }
        </Menu>
    }
}
