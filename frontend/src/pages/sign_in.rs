//! Signing in.

use inkstream_wire::{ErrorCode, Secret};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    components::{Field, FormEnd, Shell},
    hooks::{SessionStore, ToastStore, execute_deletions, sign_in, use_form},
    route::{ReturnQuery, Route},
    state::{Failure, NAME_MAX, PASSWORD_MAX, in_words},
};

/// A form for name and password, which returns to the page before.
#[component]
pub(crate) fn SignIn() -> Html {
    let session = use_context::<SessionStore>();
    let note = use_state(|| session.as_ref().and_then(|session| session.session().note));
    use_effect_with((), {
        let session = session.clone();
        move |()| {
            if let Some(session) = session {
                session.note_read();
            }
        }
    });
    let wanted = use_location().and_then(|location| location.query::<ReturnQuery>().ok()).unwrap_or_default();
    let form = use_form();
    let toasts = use_context::<ToastStore>();
    let onsubmit = {
        let (form, session) = (form.clone(), session.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let (Some(session), Some(toasts)) = (session.clone(), toasts.clone()) else { return };
            let (name, password) = (form.value("username").trim().to_owned(), Secret(form.value("password")));
            let mut wrong = Vec::new();
            if name.is_empty() {
                wrong.push(("username", "Type your name".to_owned()));
            }
            if password.0.is_empty() {
                wrong.push(("password", "Type your password".to_owned()));
            }
            if !wrong.is_empty() {
                return form.refuse(wrong);
            }
            form.send();
            let form = form.clone();
            spawn_local(async move {
                execute_deletions(&toasts).await;
                // On success this page is left.
                if let Err(failure) = sign_in(&session, &name, &password).await {
                    form.fail(words(&failure));
                    form.focus("password");
                }
            });
        })
    };
    let settings = session.map(|session| session.session().settings.clone()).unwrap_or_default();
    html! {
        <Shell>
            <div class="column is-narrow">
                <h1>{ "Sign in" }</h1>
                if let Some(note) = *note {
                    <p class="form-note" role="status">{ note.words() }</p>
                }
                <form class="form" ref={form.root.clone()} {onsubmit} novalidate=true>
                    <Field
                        form="sign-in" name="username" label="Name" autocomplete="username" first=true maxlength={NAME_MAX}
                        wrong={form.wrong("username")}
                    />
                    <Field
                        form="sign-in" name="password" label="Password" password=true autocomplete="current-password" maxlength={PASSWORD_MAX}
                        wrong={form.wrong("password")}
                    />
                    <FormEnd label="Sign in" sending={form.sending()} whole={form.whole().map(|words| AttrValue::from(words.to_owned()))} />
                </form>
                if settings.registration_enabled {
                    <p class="form-other">
                        { "No account yet? " }
                        <Link<Route, ReturnQuery> classes="link" to={Route::Register} query={Some(wanted)}>{ "Create an account" }</Link<Route, ReturnQuery>>
                    </p>
                }
            </div>
        </Shell>
    }
}

fn words(failure: &Failure) -> String {
    match failure.code() {
        Some(ErrorCode::Unauthorized) => "The name or the password is wrong.".to_owned(),
        Some(ErrorCode::Forbidden) => "This account is disabled. Ask whoever runs this service.".to_owned(),
        _ => in_words(failure),
    }
}
