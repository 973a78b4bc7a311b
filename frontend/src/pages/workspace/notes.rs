//! What is to be said of the page on the screen beside its text: calmly, and above it.

use yew::prelude::*;

use crate::{
    components::{Glyph, Icon},
    hooks::{Reader, read},
    state::{PageState, model_name, reason_words},
};

/// Properties of [`PageNotes`].
#[derive(Properties, PartialEq)]
pub(super) struct Props {
    /// The page.
    pub(super) page: PageState,
}

/// Cut text, an attempt that came to nothing, and what was looked for.
#[component]
pub(super) fn PageNotes(props: &Props) -> Html {
    let Some(reader) = use_context::<Reader>() else { return Html::default() };
    let page = &props.page;
    let again = {
        let (reader, number) = (reader.clone(), page.page.page.to_string());
        Callback::from(move |_| read(&reader, Some(number.clone())))
    };
    html! {
        <div class="notes" role="status">
            if let Some(reason) = &page.again {
                <p class="note"><Icon glyph={Glyph::Again} /><span>{ format!("Read again: {}.", reason_words(reason)) }</span></p>
            }
            if page.truncated() {
                <p class="note is-warn">
                    <Icon glyph={Glyph::Warning} />
                    <span>{ "The text is cut: the engine reached its limit." }</span>
                    if !reader.workspace().active() {
                        <button class="button" type="button" onclick={again}>{ "Read this page again" }</button>
                    }
                </p>
            }
            { for found(page) }
        </div>
    }
}

fn found(page: &PageState) -> Option<Html> {
    let sought = page.sought.as_ref().map(|sought| format!("“{sought}”"));
    let note = match (page.found()?, sought) {
        (true, Some(sought)) => {
            html! { <p class="note is-found"><Icon glyph={Glyph::Boxes} /><span>{ sought }{ " is marked on the picture." }</span></p> }
        }
        (true, None) => return None,
        (false, sought) => html! {
            <p class="note"><Icon glyph={Glyph::Boxes} /><span>{ sought.unwrap_or_default() }{ " was not found on this page." }</span></p>
        },
    };
    Some(note)
}

/// A few facts for the line above the text.
pub(super) fn facts(page: &PageState, model: Option<&str>) -> String {
    let mut facts = Vec::new();
    // The document's model stands in the title; another one is told.
    if let Some(other) = page.page.model.as_deref().filter(|&other| Some(other) != model) {
        facts.push(model_name(other).to_owned());
    }
    if let Some(dpi) = page.lowered_dpi {
        facts.push(format!("read at {dpi:.0} dpi"));
    }
    if let Some(confidence) = page.page.confidence {
        facts.push(format!("{confidence:.0} % sure"));
    }
    facts.join(" · ")
}
