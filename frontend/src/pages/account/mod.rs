//! The account page.

mod delete;
mod password;

use inkstream_wire::{Account, Role};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use self::{delete::DeleteAccount, password::ChangePassword};
use crate::{
    api,
    components::{MeterBar, Shell},
    hooks::{SessionStore, use_sign_out},
    state::Day,
};

/// The user, this month's usage, and the forms.
#[component]
pub(crate) fn AccountPage() -> Html {
    let session = use_context::<SessionStore>();
    let onleave = use_sign_out();
    use_effect_with((), {
        let session = session.clone();
        move |()| {
            spawn_local(async move {
                // Refresh the usage meter. If that fails, the last one stays.
                if let (Some(session), Ok(account)) = (session, api::me().await) {
                    session.learn(account);
                }
            });
        }
    });
    let Some(account) = session.and_then(|session| session.session().account().cloned()) else {
        return html! { <Shell /> };
    };
    html! {
        <Shell>
            <div class="column">
                <h1>{ "Account" }</h1>
                { facts(&account) }
                <section class="part" aria-labelledby="month-title">
                    <h2 class="section-title" id="month-title">{ "This month" }</h2>
                    <MeterBar name="Pages" noun="page" meter={account.period.pages} />
                    <MeterBar name="Tokens" noun="token" meter={account.period.tokens} />
                    <p class="form-about">{ format!("It restarts on {}, at midnight UTC.", day(&account.period.ends_at)) }</p>
                </section>
                <ChangePassword />
                <section class="part" aria-labelledby="leave-title">
                    <h2 class="section-title" id="leave-title">{ "Session" }</h2>
                    <p class="part-words">{ "Signing out ends it in every tab of this browser." }</p>
                    <button class="button" type="button" onclick={onleave}>{ "Sign out" }</button>
                </section>
                <DeleteAccount />
            </div>
        </Shell>
    }
}

fn facts(account: &Account) -> Html {
    let role = match account.user.role {
        Role::User => "User",
        Role::Admin => "Admin",
    };
    html! {
        <dl class="facts">
            <div><dt>{ "Name" }</dt><dd>{ &account.user.username }</dd></div>
            <div><dt>{ "Role" }</dt><dd>{ role }</dd></div>
            <div><dt>{ "Since" }</dt><dd>{ day(&account.user.created_at) }</dd></div>
        </dl>
    }
}

fn day(text: &str) -> String {
    Day::parse(text).map_or_else(|| text.to_owned(), Day::long)
}
