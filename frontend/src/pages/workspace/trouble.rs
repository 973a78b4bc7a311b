//! The failure of the document or the page on the screen, with its remedy.

use inkstream_wire::{DocumentId, ErrorCode};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    components::Notice,
    hooks::{Reader, able_engine, another_engine, ask_pages, close, load, read_missing, retry, switch, use_selector},
    route::{ReturnQuery, Route},
    state::{Explanation, Failure, Phase, Reached, Remedy, Workspace, explain, explain_page, unopenable},
};

/// The failure of the upload or the run.
#[component]
pub(super) fn Trouble() -> Html {
    let navigator = use_navigator();
    let failed = use_selector(failed);
    let alone = !use_selector(showable);
    let (Some(reader), Some((failure, reached, document))) = (use_context::<Reader>(), failed) else {
        return Html::default();
    };
    // The error about a wrong password without a password means that no password opens the PDF.
    let sealed = failure.code() == Some(ErrorCode::WrongPassword) && !reader.has_password();
    let explanation = if sealed { unopenable() } else { explain(&failure, reached) };
    let explanation = possible(explanation, &reader);
    let request_id = failure.request_id().map(|id| AttrValue::from(id.to_owned()));
    let remedy = explanation.remedy;
    let onremedy = {
        let reader = reader.clone();
        Callback::from(move |password: Option<String>| match remedy {
            Remedy::ReadMissing => read_missing(&reader, None),
            // The button offers another engine.
            Remedy::Switch => {}
            Remedy::Pages => ask_pages(&reader),
            Remedy::SignIn | Remedy::Usage => leave(navigator.as_ref(), remedy, document),
            Remedy::Password if document.is_some() => read_missing(&reader, password),
            Remedy::Password | Remedy::TryAgain => match document {
                Some(id) => load(&reader, id),
                None => retry(&reader, password),
            },
            Remedy::StartOver | Remedy::Recent => {
                close(&reader);
                if let Some(navigator) = &navigator {
                    navigator.push(&Route::Home);
                }
            }
        })
    };
    let (other, onother) = other_engine(&reader, &explanation);
    html! {
        <div class={classes!(alone.then_some("trouble-alone"))}>
            <Notice {explanation} {request_id} {onremedy} {other} {onother} />
        </div>
    }
}

/// The failure of the run, and the state of its document.
fn failed(workspace: &Workspace) -> Option<(Failure, Reached, Option<DocumentId>)> {
    let Phase::Failed(failure) = &workspace.phase else { return None };
    let reached = match workspace.document {
        None => Reached::Upload(workspace.listed),
        // A document that could not be fetched has no name.
        Some(_) if workspace.name.is_empty() => Reached::Opening,
        Some(_) if workspace.has_text() => Reached::Text,
        Some(_) => Reached::Stored,
    };
    Some((failure.clone(), reached, workspace.document))
}

/// Whether there is anything to show beside the failure. A document that an engine could not read can still be read by another.
pub(super) fn showable(workspace: &Workspace) -> bool {
    let Phase::Failed(failure) = &workspace.phase else { return true };
    (workspace.document.is_some() || failure.is_engines()) && !workspace.pages.is_empty()
}

/// The engine that is offered in place of one that failed or does not support the request, with the action that chooses it.
fn other_engine(reader: &Reader, explanation: &Explanation) -> (Option<String>, Callback<()>) {
    let other = match explanation.remedy {
        Remedy::Switch => able_engine(reader),
        _ if explanation.engines => another_engine(reader),
        _ => None,
    };
    let (reader, model) = (reader.clone(), other.clone());
    (other, Callback::from(move |()| model.iter().for_each(|model| switch(&reader, model.clone()))))
}

/// Properties of [`PageTrouble`].
#[derive(Properties, PartialEq)]
pub(super) struct Props {
    /// The page's number.
    pub(super) page: u32,
}

/// The failure of one page. It has no button while other pages are still being read.
#[component]
pub(super) fn PageTrouble(props: &Props) -> Html {
    let navigator = use_navigator();
    let number = props.page;
    let error = use_selector(move |workspace| workspace.page_of(number)?.page.error.clone());
    let (several, idle) = use_selector(|workspace| (workspace.pages.len() > 1, !workspace.active()));
    let (Some(reader), Some(error)) = (use_context::<Reader>(), error) else { return Html::default() };
    let explanation = possible(explain_page(&error, several), &reader);
    let remedy = explanation.remedy;
    let (other, onother) = other_engine(&reader, &explanation);
    // A damaged page can only fail again.
    let onremedy = (idle && remedy != Remedy::StartOver).then(|| {
        Callback::from(move |_| match remedy {
            Remedy::Usage => leave(navigator.as_ref(), remedy, None),
            _ => read_missing(&reader, None),
        })
    });
    html! { <Notice {explanation} {onremedy} {other} {onother} /> }
}

/// Offers no engine if no other one supports the request.
fn possible(explanation: Explanation, reader: &Reader) -> Explanation {
    match explanation.remedy {
        Remedy::Switch if able_engine(reader).is_none() => Explanation { remedy: Remedy::StartOver, ..explanation },
        _ => explanation,
    }
}

/// Navigates to the page that solves the problem. The sign-in page returns to this one.
fn leave(navigator: Option<&Navigator>, remedy: Remedy, document: Option<DocumentId>) {
    let Some(navigator) = navigator else { return };
    if remedy == Remedy::Usage {
        navigator.push(&Route::Usage);
        return;
    }
    let back = document.map_or(Route::Home, |id| Route::Document { id });
    // Writing a query of plain text never fails.
    let _ = navigator.push_with_query(&Route::SignIn, ReturnQuery::back_to(back));
}
