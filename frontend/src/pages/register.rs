//! Registration.

use inkstream_wire::{ErrorCode, Registration, Secret};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    api,
    components::{Field, FormEnd, Shell},
    hooks::{Form, SessionStore, ToastStore, execute_deletions, sign_in, use_form},
    route::{ReturnQuery, Route},
    state::{Failure, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN, in_words, wrong_name, wrong_password},
};

/// A form for name and password. The new account is signed in at once.
#[component]
pub(crate) fn Register() -> Html {
    let session = use_context::<SessionStore>();
    let toasts = use_context::<ToastStore>();
    let wanted = use_location().and_then(|location| location.query::<ReturnQuery>().ok()).unwrap_or_default();
    let form = use_form();
    let onsubmit = {
        let (form, session) = (form.clone(), session.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let (Some(session), Some(toasts)) = (session.clone(), toasts.clone()) else { return };
            let (username, password) = (form.value("username").trim().to_owned(), form.value("password"));
            let wrong = [("username", wrong_name(&username)), ("password", wrong_password(&password))];
            let wrong: Vec<_> = wrong.iter().filter_map(|&(name, words)| Some((name, words?.to_owned()))).collect();
            if !wrong.is_empty() {
                return form.refuse(wrong);
            }
            form.send();
            let form = form.clone();
            spawn_local(async move {
                let registration = Registration { username, password: Secret(password) };
                if let Err(failure) = api::register(&registration).await {
                    return refused(&form, &failure);
                }
                execute_deletions(&toasts).await;
                if sign_in(&session, &registration.username, &registration.password).await.is_err() {
                    form.fail(
                        "The account is there, but signing in did not work. Try it on the sign-in page.".to_owned(),
                    );
                }
            });
        })
    };
    let open = session.is_some_and(|session| session.session().settings.registration_enabled);
    html! {
        <Shell>
            <div class="column is-narrow">
                <h1>{ "Create an account" }</h1>
                if open {
                    <form class="form" ref={form.root.clone()} {onsubmit} novalidate=true>
                        <Field
                            form="register" name="username" label="Name" autocomplete="username" first=true maxlength={NAME_MAX}
                            hint="Letters, digits and . _ - @ +" wrong={form.wrong("username")}
                        />
                        <Field
                            form="register" name="password" label="Password" password=true autocomplete="new-password"
                            minlength={PASSWORD_MIN} maxlength={PASSWORD_MAX} hint="At least 8 characters; a few words are best"
                            wrong={form.wrong("password")}
                        />
                        <FormEnd label="Create account" sending={form.sending()} whole={form.whole().map(|words| AttrValue::from(words.to_owned()))} />
                    </form>
                } else {
                    <p class="lead">{ "Accounts are not made here. Ask whoever runs this service for one." }</p>
                }
                <p class="form-other">
                    { "You have an account? " }
                    <Link<Route, ReturnQuery> classes="link" to={Route::SignIn} query={Some(wanted)}>{ "Sign in" }</Link<Route, ReturnQuery>>
                </p>
            </div>
        </Shell>
    }
}

fn refused(form: &Form, failure: &Failure) {
    match failure.code() {
        Some(ErrorCode::Conflict) => {
            form.refuse(vec![("username", "This name is taken, or looks like one that is".to_owned())]);
        }
        Some(ErrorCode::InvalidCredentials) => {
            let words = in_words(failure);
            let field = if words.to_lowercase().contains("password") { "password" } else { "username" };
            form.refuse(vec![(field, words)]);
        }
        Some(ErrorCode::Forbidden) => form.fail("Accounts are not made here any more.".to_owned()),
        _ => form.fail(in_words(failure)),
    }
}
