//! Signing out, from wherever that is offered.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{SessionStore, ToastStore, let_all_go, session::sign_out};
use crate::state::ToastAction;

/// Signs out, once what was being deleted is.
#[hook]
pub(crate) fn use_sign_out() -> Callback<MouseEvent> {
    let (session, toasts) = (use_context::<SessionStore>(), use_context::<ToastStore>());
    Callback::from(move |_| {
        let (Some(session), Some(toasts)) = (session.clone(), toasts.clone()) else { return };
        spawn_local(async move {
            let_all_go(&toasts).await;
            if sign_out(&session).await.is_err() {
                let said = "The server could not be told. You are still signed in; try again in a moment.";
                toasts.dispatch(ToastAction::Say(said.to_owned()));
            }
        });
    })
}
