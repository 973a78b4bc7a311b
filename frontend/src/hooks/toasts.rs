//! Toasts, and the deletions that they delay.

use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::{
    api,
    state::{Deletion, Toast, ToastAction, Toasts},
};

/// The toasts as a reducer.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ToastState(pub(crate) Toasts);

/// The toasts, for every component below [`ToastsProvider`].
pub(crate) type ToastStore = UseReducerHandle<ToastState>;

impl Reducible for ToastState {
    type Action = ToastAction;

    fn reduce(self: Rc<Self>, action: ToastAction) -> Rc<Self> {
        Rc::new(Self(self.0.clone().after(action)))
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) children: Html,
}

/// Provides the toasts. When the page is left, pending deletions are executed.
#[component]
pub(crate) fn ToastsProvider(props: &Props) -> Html {
    let store = use_reducer(ToastState::default);
    use_effect_with(store.clone(), |store| {
        let store = store.clone();
        let listener = web_sys::window().map(|window| {
            EventListener::new(&window, "pagehide", move |_| {
                for toast in store.0.notes.iter().filter(|toast| toast.deletes.is_some()) {
                    close_toast(&store.dispatcher(), toast);
                }
            })
        });
        move || drop(listener)
    });
    html! { <ContextProvider<ToastStore> context={store}>{ props.children.clone() }</ContextProvider<ToastStore>> }
}

/// Closes a toast and executes its deletion.
pub(crate) fn close_toast(store: &UseReducerDispatcher<ToastState>, toast: &Toast) {
    store.dispatch(ToastAction::Gone(toast.id));
    if let Some(doomed) = toast.deletes {
        spawn_local(delete(store.clone(), doomed));
    }
}

/// Executes all pending deletions, before another user signs in.
pub(crate) async fn execute_deletions(store: &ToastStore) {
    for toast in &store.0.notes {
        store.dispatch(ToastAction::Gone(toast.id));
        if let Some(doomed) = toast.deletes {
            delete(store.dispatcher(), doomed).await;
        }
    }
}

async fn delete(store: UseReducerDispatcher<ToastState>, doomed: Deletion) {
    let answer = match doomed {
        Deletion::Document(id) => api::delete(id).await,
        Deletion::Key(id) => api::revoke_key(id).await,
    };
    if answer.is_err() {
        store.dispatch(ToastAction::Kept(doomed));
    }
}
