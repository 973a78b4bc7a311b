//! The form of a new key.

use inkstream_wire::{CreatedApiKey, ErrorCode, NewApiKey, Scope};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::{
    api,
    components::{Field, FormEnd},
    hooks::use_form,
    state::{Failure, Lifetime, in_words, scope_name, scope_words},
};

/// The maximum length of a key's name in characters.
const NAME_MAX: usize = 64;

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) onmade: Callback<CreatedApiKey>,
}

/// A form for name, scopes and lifetime.
#[component]
pub(super) fn MakeKey(props: &Props) -> Html {
    let form = use_form();
    let chosen = use_state(|| Scope::ALL.to_vec());
    let onsubmit = {
        let (form, onmade, chosen) = (form.clone(), props.onmade.clone(), chosen.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let name = form.value("name").trim().to_owned();
            let scopes = (*chosen).clone();
            let mut wrong = Vec::new();
            if name.is_empty() {
                wrong.push(("name", "Give the key a name to know it by".to_owned()));
            }
            if scopes.is_empty() {
                wrong.push(("scope", "Choose at least one".to_owned()));
            }
            if !wrong.is_empty() {
                return form.refuse(wrong);
            }
            let expires_at = expiry(Lifetime::parse(&form.value("expires")));
            form.send();
            let (form, onmade) = (form.clone(), onmade.clone());
            let chosen = chosen.clone();
            spawn_local(async move {
                match api::make_key(&NewApiKey { name, scopes: Some(scopes), expires_at }).await {
                    Ok(created) => {
                        form.done();
                        chosen.set(Scope::ALL.to_vec());
                        onmade.emit(created);
                    }
                    Err(failure) => form.fail(words(&failure)),
                }
            });
        })
    };
    let wrong = form.wrong("scope");
    html! {
        <section class="part" aria-labelledby="make-title">
            <h2 class="section-title" id="make-title">{ "New key" }</h2>
            <form class="form is-wide" ref={form.root.clone()} {onsubmit} novalidate=true>
                <Field
                    form="key" name="name" label="Name" autocomplete="off" maxlength={NAME_MAX}
                    hint="What it is for: laptop, nightly import" wrong={form.wrong("name")}
                />
                <fieldset class="form-set" aria-describedby={wrong.as_ref().map(|_| "key-scope-about")}>
                    <legend>{ "It may" }</legend>
                    { for Scope::ALL.into_iter().map(|scope| html! {
                        <label class="tick">
                            <input type="checkbox" name="scope" checked={chosen.contains(&scope)} onchange={toggle(&chosen, scope)} aria-invalid={wrong.is_some().to_string()} />
                            <span><span class="tick-name">{ scope_name(scope) }</span><span class="tick-words">{ scope_words(scope) }</span></span>
                        </label>
                    }) }
                    if let Some(wrong) = &wrong {
                        <p class="form-about is-bad" id="key-scope-about">{ wrong }</p>
                    }
                </fieldset>
                <div class="form-field is-short">
                    <label for="key-expires">{ "Expires" }</label>
                    <select class="field" id="key-expires" name="expires">
                        { for Lifetime::ALL.into_iter().map(|lifetime| html! {
                            <option value={lifetime.as_str()} selected={lifetime == Lifetime::default()}>{ lifetime.label() }</option>
                        }) }
                    </select>
                </div>
                <FormEnd label="Make key" sending={form.sending()} whole={form.whole().map(|words| AttrValue::from(words.to_owned()))} />
            </form>
        </section>
    }
}

/// Adds or removes a scope.
fn toggle(chosen: &UseStateHandle<Vec<Scope>>, scope: Scope) -> Callback<Event> {
    let chosen = chosen.clone();
    Callback::from(move |_| {
        let now = |other: &Scope| chosen.contains(other) != (*other == scope);
        chosen.set(Scope::ALL.into_iter().filter(now).collect());
    })
}

/// The key's expiry, RFC 3339.
fn expiry(lifetime: Lifetime) -> Option<String> {
    let end = js_sys::Date::now() + lifetime.milliseconds()?;
    js_sys::Date::new(&JsValue::from_f64(end)).to_iso_string().as_string()
}

fn words(failure: &Failure) -> String {
    match failure.code() {
        Some(ErrorCode::Conflict) => "You have as many keys as there may be. Revoke one first.".to_owned(),
        _ => in_words(failure),
    }
}
