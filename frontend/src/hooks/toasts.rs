//! Notes for every component, and the deletions that hang on them.

use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::{
    api,
    state::{Doomed, Toast, ToastAction, Toasts},
};

/// The notes as a reducer.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ToastState(pub(crate) Toasts);

/// The notes, for every component below [`ToastsProvider`].
pub(crate) type ToastStore = UseReducerHandle<ToastState>;

impl Reducible for ToastState {
    type Action = ToastAction;

    fn reduce(self: Rc<Self>, action: ToastAction) -> Rc<Self> {
        Rc::new(Self(self.0.clone().after(action)))
    }
}

/// Properties of [`ToastsProvider`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// What may say something.
    pub(crate) children: Html,
}

/// Holds the notes. When the page is left, deletions that still could be taken back are done.
#[component]
pub(crate) fn ToastsProvider(props: &Props) -> Html {
    let store = use_reducer(ToastState::default);
    use_effect_with(store.clone(), |store| {
        let store = store.clone();
        let listener = web_sys::window().map(|window| {
            EventListener::new(&window, "pagehide", move |_| {
                for toast in store.0.notes.iter().filter(|toast| toast.deletes.is_some()) {
                    let_go(&store.dispatcher(), toast);
                }
            })
        });
        move || drop(listener)
    });
    html! { <ContextProvider<ToastStore> context={store}>{ props.children.clone() }</ContextProvider<ToastStore>> }
}

/// A note's time is over: what it was to delete is deleted.
pub(crate) fn let_go(store: &UseReducerDispatcher<ToastState>, toast: &Toast) {
    store.dispatch(ToastAction::Gone(toast.id));
    if let Some(doomed) = toast.deletes {
        spawn_local(delete(store.clone(), doomed));
    }
}

/// Does all deletions that still could be taken back, before someone else uses the app.
pub(crate) async fn let_all_go(store: &ToastStore) {
    for toast in &store.0.notes {
        store.dispatch(ToastAction::Gone(toast.id));
        if let Some(doomed) = toast.deletes {
            delete(store.dispatcher(), doomed).await;
        }
    }
}

async fn delete(store: UseReducerDispatcher<ToastState>, doomed: Doomed) {
    let answer = match doomed {
        Doomed::Document(id) => api::delete(id).await,
        Doomed::Key(id) => api::revoke_key(id).await,
    };
    if answer.is_err() {
        store.dispatch(ToastAction::Kept(doomed));
    }
}
