//! The page of API keys.

mod made;
mod make;

use inkstream_wire::{ApiKey, CreatedApiKey};
use yew::prelude::*;

use self::{made::Made, make::MakeKey};
use crate::{
    api,
    components::{KeyList, Shell},
    hooks::{Fetched, ToastStore, use_fetched},
    state::{Deletion, ToastAction},
};

#[component]
pub(crate) fn KeysPage() -> Html {
    let stored = use_fetched(api::keys);
    // Newest first. The secret of the first one is on the screen until it is copied.
    let made = use_state(Vec::<ApiKey>::new);
    let fresh = use_state(|| None::<CreatedApiKey>);
    let onmade = {
        let (made, fresh) = (made.clone(), fresh.clone());
        Callback::from(move |key: CreatedApiKey| {
            made.set(std::iter::once(key.row.clone()).chain(made.iter().cloned()).collect());
            fresh.set(Some(key));
        })
    };
    let ondone = {
        let fresh = fresh.clone();
        Callback::from(move |()| fresh.set(None))
    };
    let toasts = use_context::<ToastStore>();
    let revoked = |key: &&CreatedApiKey| {
        toasts.as_ref().is_some_and(|toasts| toasts.0.hidden.contains(&Deletion::Key(key.row.id)))
    };
    let shown = (*fresh).as_ref().filter(|key| !revoked(key));
    html! {
        <Shell>
            <div class="column">
                <h1>{ "API keys" }</h1>
                <p class="lead">{ "A key lets a program read documents in your name, on your quota. Give each program its own, so that you can revoke one and keep the others." }</p>
                if let Some(key) = shown {
                    <Made key={key.row.id.to_string()} created={key.clone()} {ondone} />
                }
                <MakeKey {onmade} />
                <Stored {stored} made={(*made).clone()} />
            </div>
        </Shell>
    }
}

#[derive(Properties, PartialEq)]
struct StoredProps {
    stored: std::rc::Rc<Fetched<Vec<ApiKey>>>,
    made: Vec<ApiKey>,
}

#[component]
fn Stored(props: &StoredProps) -> Html {
    let toasts = use_context::<ToastStore>();
    let onrevoke = {
        let toasts = toasts.clone();
        Callback::from(move |(id, name)| {
            if let Some(toasts) = &toasts {
                toasts.dispatch(ToastAction::Delete(Deletion::Key(id), name));
            }
        })
    };
    let hidden = |key: &&ApiKey| toasts.as_ref().is_some_and(|toasts| toasts.0.hidden.contains(&Deletion::Key(key.id)));
    let list = match &*props.stored {
        Fetched::Loading => html! { <div class="skeleton" aria-hidden="true"><span /><span /></div> },
        Fetched::Failed(_) => html! {
            <p class="empty" role="status">{ "Your keys cannot be listed now. Reload the page to try again." }</p>
        },
        Fetched::Here(stored) => {
            let keys: Vec<_> = props.made.iter().chain(stored).filter(|key| !hidden(key)).cloned().collect();
            if keys.is_empty() {
                html! { <p class="empty">{ "No keys yet. Make one above, and a ready-made command comes with it." }</p> }
            } else {
                html! { <KeyList {keys} {onrevoke} /> }
            }
        }
    };
    html! {
        <section class="part" aria-labelledby="keys-title">
            <h2 class="section-title" id="keys-title">{ "Your keys" }</h2>
            { list }
        </section>
    }
}
