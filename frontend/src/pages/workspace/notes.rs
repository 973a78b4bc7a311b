//! Notes about the page on the screen, above its text.

use inkstream_wire::{PageWarning, WarningCode};
use yew::prelude::*;

use crate::{
    components::{Glyph, Icon},
    hooks::{Reader, read, use_selector},
    state::{PageState, Workspace, counted, fallback_words, model_name, reason_words, resolution},
};

/// Properties of [`PageNotes`].
#[derive(Properties, PartialEq)]
pub(super) struct Props {
    /// The page's number.
    pub(super) page: u32,
}

/// The notes of a page.
#[derive(Debug, Clone, Default, PartialEq)]
struct Notes {
    /// The requested model, if another one has read the page.
    fallback: Option<String>,
    /// Warnings about the text. That a page is empty is shown in place of its text.
    warnings: Vec<PageWarning>,
    /// Whether the reference was found.
    found: Option<Found>,
}

#[derive(Debug, Clone, PartialEq)]
struct Found {
    places: u64,
    sought: Option<String>,
}

fn notes(page: &PageState) -> Notes {
    let fallback = page.fell_back_from().zip(page.page.model.as_deref());
    let warnings = page.page.warnings.iter().filter(|warning| warning.code != WarningCode::NoText);
    Notes {
        fallback: fallback.map(|((asked, reason), model)| fallback_words(model, asked, reason)),
        warnings: warnings.cloned().collect(),
        found: page.found().map(|_| Found { places: page.places(), sought: page.sought.clone() }),
    }
}

/// Shows the fallback, the warnings about the text, and the result of a search.
#[component]
pub(super) fn PageNotes(props: &Props) -> Html {
    let number = props.page;
    let notes = use_selector(move |workspace| workspace.page_of(number).map(notes).unwrap_or_default());
    let active = use_selector(Workspace::active);
    let Some(reader) = use_context::<Reader>() else { return Html::default() };
    let again = (!active).then(|| {
        let number = number.to_string();
        Callback::from(move |_| read(&reader, Some(number.clone())))
    });
    html! {
        <div class="notes" role="status">
            if let Some(words) = notes.fallback {
                <p class="note"><Icon glyph={Glyph::Again} /><span>{ words }</span></p>
            }
            { for notes.warnings.iter().map(|warning| warned(warning, again.clone().filter(|_| warning.code.is_partial()))) }
            { for notes.found.map(found) }
        </div>
    }
}

/// A warning, with a button that reads the page again if text is missing.
fn warned(warning: &PageWarning, again: Option<Callback<MouseEvent>>) -> Html {
    html! {
        <p class="note is-warn">
            <Icon glyph={Glyph::Warning} />
            <span>{ words(warning) }</span>
            if let Some(onclick) = again {
                <button class="button" type="button" {onclick}>{ "Read this page again" }</button>
            }
        </p>
    }
}

fn words(warning: &PageWarning) -> String {
    match warning.code {
        WarningCode::TruncatedText => "The text is cut: the engine reached its limit.".to_owned(),
        _ => warning.message.clone(),
    }
}

fn found(Found { places, sought }: Found) -> Html {
    let sought = sought.map(|sought| format!("“{sought}”"));
    match (places, sought) {
        (1.., Some(sought)) => {
            html! { <p class="note is-found"><Icon glyph={Glyph::Boxes} /><span>{ sought }{ " is marked on the image." }</span></p> }
        }
        // After a reload only the occurrences are known, and not the reference.
        (1.., None) => {
            let places = counted(places, "place");
            html! { <p class="note is-found"><Icon glyph={Glyph::Boxes} /><span>{ places }{ " found: marked on the image." }</span></p> }
        }
        (0, sought) => html! {
            <p class="note"><Icon glyph={Glyph::Boxes} /><span>{ sought.unwrap_or_else(|| "What was looked for".to_owned()) }{ " was not found on this page." }</span></p>
        },
    }
}

/// A few facts for the line above the text.
pub(super) fn facts(page: &PageState, model: Option<&str>) -> String {
    let mut facts = Vec::new();
    // The note is part of this line, so that the text does not move while the page is read again.
    if let Some(reason) = &page.again {
        facts.push(format!("read again: {}", reason_words(reason)));
    }
    // The title names the document's model, and a note the fallback. Any other model is shown here.
    let other = page.page.model.as_deref().filter(|&other| Some(other) != model);
    if let (Some(other), None) = (other, page.fell_back_from()) {
        facts.push(model_name(other).to_owned());
    }
    if let Some(dpi) = page.lowered_dpi {
        facts.push(format!("read at {}", resolution(dpi)));
    }
    // If the reference was not found, the confidence says nothing about the page.
    if let Some(confidence) = page.page.confidence.filter(|_| page.found() != Some(false)) {
        facts.push(format!("{confidence:.0}\u{a0}% sure"));
    }
    facts.join(" · ")
}
