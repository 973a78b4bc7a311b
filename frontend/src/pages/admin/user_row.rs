//! A row of the admins' list of users.

use inkstream_wire::{Account, Meter, Role, UserPatch};
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::quotas::QuotaForm;
use crate::{
    api,
    hooks::{SessionStore, ToastStore},
    state::{ToastAction, count, in_words, quota_words},
};

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) account: Account,
    /// Called with the changed account.
    pub(super) onchange: Callback<Account>,
}

/// The row, and below it the form of quotas while it is open.
#[component]
pub(super) fn UserRow(props: &Props) -> Html {
    let open = use_state(|| false);
    // The number of refused changes. It is part of the keys, so that the controls are rendered again with the actual values.
    let refused = use_state(|| 0_u32);
    let change = use_change(props, &refused);
    let session = use_context::<SessionStore>();
    let account = &props.account;
    let user = &account.user;
    // Admins cannot lock themselves out.
    let own = session.is_some_and(|session| session.session().who() == user.id.to_string());
    let onrole = change.reform(|event: Event| {
        let admin = event.target_unchecked_into::<HtmlSelectElement>().value() == "admin";
        UserPatch { role: Some(if admin { Role::Admin } else { Role::User }), ..UserPatch::default() }
    });
    let onallow = change.reform(|event: Event| {
        let allowed = event.target_unchecked_into::<HtmlInputElement>().checked();
        UserPatch { disabled: Some(!allowed), ..UserPatch::default() }
    });
    let ontoggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let onsaved = {
        let (open, onchange) = (open.clone(), props.onchange.clone());
        Callback::from(move |account: Option<Account>| {
            open.set(false);
            if let Some(account) = account {
                onchange.emit(account);
            }
        })
    };
    let form = format!("quotas-{}", user.id);
    html! {
        <>
            <tr class={classes!(user.disabled.then_some("is-off"))}>
                <th scope="row">
                    { &user.username }
                    if own {
                        <span class="row-note">{ " · you" }</span>
                    }
                    if user.anonymous {
                        <span class="row-note">{ " · without an account" }</span>
                    }
                </th>
                <td key={format!("role-{}", *refused)}>
                    if user.anonymous {
                        { "–" }
                    } else {
                        <select class="field is-small" aria-label={format!("Role of {}", user.username)} onchange={onrole} disabled={own}>
                            <option value="user" selected={user.role == Role::User}>{ "user" }</option>
                            <option value="admin" selected={user.role == Role::Admin}>{ "admin" }</option>
                        </select>
                    }
                </td>
                <td key={format!("allow-{}", *refused)}>
                    <label class="switch">
                        <input
                            type="checkbox" role="switch" checked={!user.disabled} onchange={onallow} disabled={own}
                            aria-label={format!("{} may use the service", user.username)}
                        />
                        <span aria-hidden="true">{ if user.disabled { "no" } else { "yes" } }</span>
                    </label>
                </td>
                <td class="is-number">{ used(&account.period.pages) }</td>
                <td class="is-number">{ used(&account.period.tokens) }</td>
                <td>
                    <button
                        class="button is-quiet" type="button" onclick={ontoggle} aria-expanded={open.to_string()} aria-controls={open.then(|| form.clone())}
                        aria-label={format!("Quotas of {}", user.username)}
                        title={format!("Pages: {}, tokens: {}", quota_words(account.quotas.pages), quota_words(account.quotas.tokens))}
                    >
                        { "Quotas" }
                    </button>
                </td>
            </tr>
            if *open {
                <tr id={form}>
                    <td colspan="6"><QuotaForm account={account.clone()} {onsaved} /></td>
                </tr>
            }
        </>
    }
}

/// Sends a change at once and shows its result in a toast.
#[hook]
fn use_change(props: &Props, refused: &UseStateHandle<u32>) -> Callback<UserPatch> {
    let toasts = use_context::<ToastStore>();
    let (id, onchange, refused) = (props.account.user.id, props.onchange.clone(), refused.clone());
    Callback::from(move |patch: UserPatch| {
        let (toasts, onchange, refused) = (toasts.clone(), onchange.clone(), refused.clone());
        spawn_local(async move {
            let said = match api::change_user(id, &patch).await {
                Ok(account) => {
                    let said = words(&account, &patch);
                    onchange.emit(account);
                    said
                }
                Err(failure) => {
                    refused.set(*refused + 1);
                    in_words(&failure)
                }
            };
            if let Some(toasts) = toasts {
                toasts.dispatch(ToastAction::Say(said));
            }
        });
    })
}

fn words(account: &Account, patch: &UserPatch) -> String {
    let name = &account.user.username;
    match (patch.role, patch.disabled) {
        (Some(Role::Admin), _) => format!("{name} is an admin now"),
        (Some(Role::User), _) => format!("{name} is a user now"),
        (None, Some(true)) => format!("{name} is refused everywhere from now on"),
        (None, _) => format!("{name} may use the service again"),
    }
}

/// `120 / 300`.
fn used(meter: &Meter) -> String {
    match meter.limit {
        Some(limit) => format!("{} / {}", count(meter.used), count(limit)),
        None => count(meter.used),
    }
}
