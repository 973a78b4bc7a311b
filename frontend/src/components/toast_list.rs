//! The list of toasts.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use crate::{
    hooks::{ToastStore, close_toast},
    state::{Toast, ToastAction},
};

/// How long a toast is shown, in milliseconds.
const DURATION: u32 = 6_000;

#[component]
pub(crate) fn ToastList() -> Html {
    let Some(store) = use_context::<ToastStore>() else { return Html::default() };
    html! {
        <div class="toasts" role="status" aria-live="polite">
            { for store.0.notes.iter().map(|toast| html! { <Note key={toast.id} toast={toast.clone()} store={store.dispatcher()} /> }) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct Props {
    toast: Toast,
    store: UseReducerDispatcher<crate::hooks::ToastState>,
}

#[component]
fn Note(props: &Props) -> Html {
    use_effect_with(props.toast.clone(), {
        let store = props.store.clone();
        move |toast| {
            let toast = toast.clone();
            let timer = Timeout::new(DURATION, move || close_toast(&store, &toast));
            move || drop(timer)
        }
    });
    let undo = {
        let (store, id) = (props.store.clone(), props.toast.id);
        Callback::from(move |_| store.dispatch(ToastAction::Undo(id)))
    };
    html! {
        <div class="toast">
            <span>{ &props.toast.text }</span>
            if props.toast.deletes.is_some() {
                <button class="button is-quiet" type="button" onclick={undo}>{ "Undo" }</button>
            }
        </div>
    }
}
