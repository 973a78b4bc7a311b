//! The home page: intake, choices and recent documents.

use web_sys::File;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    api,
    components::{ChoiceBar, DocumentList, Intake, Shell},
    hooks::{Fetched, Reader, ToastStore, try_sample, use_fetched, use_selector},
    route::Route,
    state::{Deletion, ToastAction},
};

/// The number of recent documents that are listed at first.
const LISTED_AT_FIRST: usize = 8;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) taken: Callback<Vec<File>>,
}

#[component]
pub(crate) fn Home(props: &Props) -> Html {
    let Some(reader) = use_context::<Reader>() else { return Html::default() };
    let onsample = {
        let (reader, toasts) = (reader.clone(), use_context::<ToastStore>());
        Callback::from(move |()| {
            if let Some(toasts) = &toasts {
                try_sample(&reader, toasts);
            }
        })
    };
    html! {
        <Shell>
            <div class="column">
                <h1 class="visually-hidden">{ "Read a document" }</h1>
                <Ongoing />
                <Intake onfiles={props.taken.clone()} {onsample} />
                <ChoiceBar choices={reader.choices.clone()} engines={reader.engines.clone()} then="choose the file again" />
                <Recent />
            </div>
        </Shell>
    }
}

/// The document that is being read while the user is on this page.
#[component]
fn Ongoing() -> Html {
    let read = use_selector(|workspace| {
        let document = workspace.document.filter(|_| workspace.active())?;
        Some((document, workspace.name.clone()))
    });
    match read {
        Some((id, name)) => html! {
            <p class="ongoing">
                <span class="ongoing-dot" aria-hidden="true" />
                <span class="ongoing-words">{ name }{ " is being read" }</span>
                <Link<Route> classes="button" to={Route::Document { id }}>{ "Open" }</Link<Route>>
            </p>
        },
        None => Html::default(),
    }
}

#[component]
fn Recent() -> Html {
    let documents = use_fetched(api::documents);
    let all = use_state(|| false);
    let toasts = use_context::<ToastStore>();
    let ondelete = {
        let toasts = toasts.clone();
        Callback::from(move |(id, name)| {
            if let Some(toasts) = &toasts {
                toasts.dispatch(ToastAction::Delete(Deletion::Document(id), name));
            }
        })
    };
    let list = match &*documents {
        Fetched::Loading => html! { <div class="skeleton" aria-hidden="true"><span /><span /></div> },
        Fetched::Failed(_) => html! {
            <p class="empty">{ "Recent documents cannot be listed now. Reading still may work; reload the page to try again." }</p>
        },
        Fetched::Here(stored) => {
            let hidden = |id| toasts.as_ref().is_some_and(|toasts| toasts.0.hidden.contains(&Deletion::Document(id)));
            let shown: Vec<_> = stored.iter().filter(|document| !hidden(document.document_id)).cloned().collect();
            if shown.is_empty() {
                html! { <p class="empty">{ "Nothing yet. What you read stays here for a while, for you alone." }</p> }
            } else {
                let more = (shown.len() > LISTED_AT_FIRST && !*all).then_some(shown.len());
                let documents = if more.is_some() { shown[..LISTED_AT_FIRST].to_vec() } else { shown };
                html! {
                    <>
                        <DocumentList {documents} {ondelete} />
                        if let Some(count) = more {
                            <button class="button is-quiet show-all" type="button" onclick={Callback::from(move |_| all.set(true))}>
                                { format!("Show all {count}") }
                            </button>
                        }
                    </>
                }
            }
        }
    };
    html! {
        <section class="recent" aria-labelledby="recent-title">
            <h2 id="recent-title" class="section-title">{ "Recent" }</h2>
            { list }
        </section>
    }
}
