//! Changing the password.

use inkstream_wire::{ErrorCode, PasswordChange, Secret};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::{
    components::{Field, FormEnd},
    hooks::{SessionStore, ToastStore, change_password, use_form},
    state::{PASSWORD_MAX, PASSWORD_MIN, ToastAction, in_words, wrong_password},
};

/// A form for the old and the new password. All other sessions end.
#[component]
pub(super) fn ChangePassword() -> Html {
    let (session, toasts) = (use_context::<SessionStore>(), use_context::<ToastStore>());
    let form = use_form();
    let name =
        session.as_ref().and_then(|session| session.session().account().map(|account| account.user.username.clone()));
    let onsubmit = {
        let form = form.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let (Some(session), Some(toasts)) = (session.clone(), toasts.clone()) else { return };
            let (current, new) = (form.value("current-password"), form.value("new-password"));
            let mut wrong = Vec::new();
            if current.is_empty() {
                wrong.push(("current-password", "Type the password you have now".to_owned()));
            }
            if let Some(words) = wrong_password(&new) {
                wrong.push(("new-password", words.to_owned()));
            }
            if !wrong.is_empty() {
                return form.refuse(wrong);
            }
            form.send();
            let form = form.clone();
            let change = PasswordChange { current_password: Secret(current), new_password: Secret(new) };
            spawn_local(async move {
                match change_password(&session, &change).await {
                    Ok(()) => {
                        form.done();
                        toasts.dispatch(ToastAction::Say("The password is changed".to_owned()));
                    }
                    Err(failure) if failure.is_unauthorized() => {
                        form.refuse(vec![("current-password", "This is not your password".to_owned())]);
                    }
                    Err(failure) if failure.code() == Some(ErrorCode::InvalidCredentials) => {
                        form.refuse(vec![("new-password", in_words(&failure))]);
                    }
                    Err(failure) => form.fail(in_words(&failure)),
                }
            });
        })
    };
    html! {
        <section class="part" aria-labelledby="password-title">
            <h2 class="section-title" id="password-title">{ "Change password" }</h2>
            <form class="form" ref={form.root.clone()} {onsubmit} novalidate=true>
                // Password managers need the username.
                <input class="visually-hidden" type="text" name="username" autocomplete="username" value={name} readonly=true tabindex="-1" aria-hidden="true" />
                <Field
                    form="change" name="current-password" label="Current password" password=true autocomplete="current-password"
                    maxlength={PASSWORD_MAX} wrong={form.wrong("current-password")}
                />
                <Field
                    form="change" name="new-password" label="New password" password=true autocomplete="new-password"
                    minlength={PASSWORD_MIN} maxlength={PASSWORD_MAX} hint="At least 8 characters. Every other session of yours ends."
                    wrong={form.wrong("new-password")}
                />
                <FormEnd
                    label="Change password" class="" sending={form.sending()}
                    whole={form.whole().map(|words| AttrValue::from(words.to_owned()))}
                />
            </form>
        </section>
    }
}
