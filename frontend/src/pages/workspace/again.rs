//! The choices for reading the document again.

use inkstream_wire::DocumentKind;
use yew::prelude::*;

use crate::{
    components::{ChoiceBar, Glyph, Icon, Menu},
    hooks::{Reader, read, use_selector},
    state::Workspace,
};

/// The part of the document's state that the choices need.
#[derive(Debug, Clone, PartialEq)]
struct OfDocument {
    model: Option<String>,
    kind: Option<DocumentKind>,
    stored: bool,
    active: bool,
    pages: usize,
    selected: u32,
}

fn document(workspace: &Workspace) -> OfDocument {
    OfDocument {
        model: workspace.model.clone(),
        kind: workspace.kind,
        stored: workspace.document.is_some(),
        active: workspace.active(),
        pages: workspace.pages.len(),
        selected: workspace.selected,
    }
}

/// The engine's name, which opens the choices.
#[component]
pub(super) fn ReadAgain() -> Html {
    let open = use_state(|| false);
    let of = use_selector(document);
    let Some(reader) = use_context::<Reader>() else { return Html::default() };
    let ontoggle = {
        let open = open.clone();
        Callback::from(move |is| open.set(is))
    };
    // Open the choices if a choice is missing for the requested run.
    use_effect_with(reader.choices.stopped, {
        let open = open.setter();
        move |stopped| {
            if stopped.is_some() {
                open.set(true);
            }
        }
    });
    let Some(next) = reader.choices.engine(&reader.engines).map(|engine| engine.model.clone()) else {
        return Html::default();
    };
    // The engine that has read the document, and the one for the next run, which is chosen within.
    let (engine, to) = match &of.model {
        Some(model) if *model != next && !of.active => (model.clone(), Some(next)),
        Some(model) => (model.clone(), None),
        None => (next, None),
    };
    let named = to.as_ref().map_or_else(|| engine.clone(), |to| format!("{engine} → {to}"));
    // The number of pages of a file that is sent again is not known.
    let several = of.pages > 1 || (!of.stored && of.pages == 0);
    let this = of.selected.to_string();
    let busy = of.active;
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
    // A file whose upload never completed has not been read before.
    let again = if of.stored { " again" } else { "" };
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
                pdf={of.kind != Some(DocumentKind::Image)} {several}
            />
            <div class="form-end">
                { match range {
                    Some(range) => button("is-primary", format!("Read pages {range}{again}"), Some(range)),
                    // The page range must be corrected first, as the field says.
                    None if !reader.choices.pages_valid() => button("is-primary", format!("Read these pages{again}"), None),
                    None if several => button("is-primary", format!("Read all pages{again}"), None),
                    None => button("is-primary", format!("Read it{again}"), None),
                } }
                if of.pages > 1 {
                    { button("is-plain", format!("Only page {this}"), Some(this)) }
                }
            </div>
            if of.active {
                <p class="form-about">{ "This document is being read. Stop it first, or wait." }</p>
            }
        </Menu>
    }
}
