//! The form of a user's quotas.

use inkstream_wire::{Account, Quota, QuotaRule, QuotasPatch, UserPatch};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::{
    api,
    components::FormEnd,
    hooks::{Form, use_form},
    state::{in_words, parse_quota},
};

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) account: Account,
    /// Called with the changed account, or with `None` if the form was cancelled.
    pub(super) onsaved: Callback<Option<Account>>,
}

/// Pages and tokens a month: a number, the operator's default, or no limit.
#[component]
pub(super) fn QuotaForm(props: &Props) -> Html {
    let form = use_form();
    let onsubmit = {
        let (form, onsaved, id) = (form.clone(), props.onsaved.clone(), props.account.user.id);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let read = |rule: &str, number: &str| parse_quota(&form.value(rule), &form.value(number));
            let (Some(pages), Some(tokens)) = (read("pages-rule", "pages"), read("tokens-rule", "tokens")) else {
                let wrong =
                    |rule, number| read(rule, number).is_none().then(|| (number, "Type a whole number".to_owned()));
                return form.refuse(
                    [wrong("pages-rule", "pages"), wrong("tokens-rule", "tokens")].into_iter().flatten().collect(),
                );
            };
            form.send();
            let quotas = Some(QuotasPatch { pages: Some(pages), tokens: Some(tokens) });
            let (form, onsaved) = (form.clone(), onsaved.clone());
            spawn_local(async move {
                match api::change_user(id, &UserPatch { quotas, ..UserPatch::default() }).await {
                    Ok(account) => onsaved.emit(Some(account)),
                    Err(failure) => form.fail(in_words(&failure)),
                }
            });
        })
    };
    let oncancel = props.onsaved.reform(|_: MouseEvent| None);
    let name = &props.account.user.username;
    let quotas = props.account.quotas;
    html! {
        <form class="quotas" ref={form.root.clone()} {onsubmit} novalidate=true aria-label={format!("Quotas of {name}")}>
            <Choice form={form.clone()} name="pages" label="Pages a month" quota={quotas.pages} />
            <Choice form={form.clone()} name="tokens" label="Tokens a month" quota={quotas.tokens} />
            <FormEnd label="Save quotas" sending={form.sending()} whole={form.whole().map(|words| AttrValue::from(words.to_owned()))}>
                <button class="button is-quiet" type="button" onclick={oncancel}>{ "Cancel" }</button>
            </FormEnd>
        </form>
    }
}

#[derive(Properties, PartialEq)]
struct ChoiceProps {
    form: Form,
    name: &'static str,
    label: &'static str,
    quota: Quota,
}

#[component]
fn Choice(props: &ChoiceProps) -> Html {
    let (initial, number) = match props.quota {
        Quota::Limit(number) => ("limit", Some(number.to_string())),
        Quota::Rule(QuotaRule::Default) => ("default", None),
        Quota::Rule(QuotaRule::Unlimited) => ("unlimited", None),
    };
    let rule = use_state(|| initial.to_owned());
    let onrule = {
        let rule = rule.clone();
        Callback::from(move |event: Event| rule.set(event.target_unchecked_into::<HtmlSelectElement>().value()))
    };
    let wrong = props.form.wrong(props.name);
    let about = format!("quota-{}-about", props.name);
    let option = |value: &'static str, words: &'static str| {
        html! { <option {value} selected={initial == value}>{ words }</option> }
    };
    html! {
        <fieldset class="form-set quota">
            <legend>{ props.label }</legend>
            <select class="field" name={format!("{}-rule", props.name)} aria-label={format!("{}, rule", props.label)} onchange={onrule}>
                { option("default", "As the service has it") }{ option("unlimited", "No limit") }{ option("limit", "At most") }
            </select>
            if rule.as_str() == "limit" {
                <input
                    class="field is-number" type="text" inputmode="numeric" name={props.name} autocomplete="off" value={number}
                    aria-label={format!("{}, at most", props.label)} aria-invalid={wrong.is_some().to_string()}
                    aria-describedby={wrong.as_ref().map(|_| about.clone())}
                />
            }
            if let Some(wrong) = wrong {
                <p class="form-about is-bad" id={about}>{ wrong }</p>
            }
        </fieldset>
    }
}
