//! Deleting the account.

use inkstream_wire::{AccountDeletion, Secret};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::{
    api,
    components::{Field, FormEnd},
    hooks::{SessionStore, deleted, use_form},
    state::{PASSWORD_MAX, in_words},
};

/// A warning and the form, which asks for the password as confirmation.
#[component]
pub(super) fn DeleteAccount() -> Html {
    let session = use_context::<SessionStore>();
    let form = use_form();
    let onsubmit = {
        let form = form.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(session) = session.clone() else { return };
            let password = form.value("password");
            if password.is_empty() {
                return form.refuse(vec![("password", "Type your password to delete the account".to_owned())]);
            }
            form.send();
            let form = form.clone();
            spawn_local(async move {
                match api::delete_account(&AccountDeletion { password: Secret(password) }).await {
                    Ok(()) => deleted(&session),
                    Err(failure) if failure.is_unauthorized() => {
                        form.refuse(vec![("password", "This is not your password".to_owned())]);
                    }
                    Err(failure) => form.fail(in_words(&failure)),
                }
            });
        })
    };
    html! {
        <section class="part" aria-labelledby="delete-title">
            <h2 class="section-title" id="delete-title">{ "Delete account" }</h2>
            <details class="danger">
                <summary>{ "Delete this account and everything it owns" }</summary>
                <p class="part-words">{ "Documents, texts and keys are deleted at once, and what is being read is stopped. This cannot be taken back." }</p>
                <form class="form" ref={form.root.clone()} {onsubmit} novalidate=true>
                    <Field
                        form="delete" name="password" label="Password" password=true autocomplete="current-password" maxlength={PASSWORD_MAX}
                        wrong={form.wrong("password")}
                    />
                    <FormEnd
                        label="Delete account" class="is-danger" sending={form.sending()}
                        whole={form.whole().map(|words| AttrValue::from(words.to_owned()))}
                    />
                </form>
            </details>
        </section>
    }
}
