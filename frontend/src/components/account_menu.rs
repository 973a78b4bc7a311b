//! The menu of the signed-in user, or the link to sign in.

use inkstream_wire::Role;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    components::{Glyph, Icon, Menu},
    hooks::{SessionStore, use_sign_out},
    route::{ReturnQuery, Route},
    state::Need,
};

#[component]
pub(crate) fn AccountMenu() -> Html {
    let Some(session) = use_context::<SessionStore>() else { return Html::default() };
    let route = use_route::<Route>().unwrap_or(Route::Home);
    let open = use_state(|| false);
    let ontoggle = {
        let open = open.clone();
        Callback::from(move |is| open.set(is))
    };
    let onleave = use_sign_out();
    let known = session.session();
    let Some(account) = known.account() else {
        let offered = known.settings.auth_enabled && route.need() != Need::Nothing;
        return html! {
            if offered {
                <Link<Route, ReturnQuery> classes="button sign-in-link" to={Route::SignIn} query={Some(ReturnQuery::back_to(route))}>{ "Sign in" }</Link<Route, ReturnQuery>>
            }
        };
    };
    let name = account.user.username.clone();
    let go = |to: Route, glyph: Glyph, word: &'static str, class: Option<&'static str>| {
        html! { <Link<Route> classes={classes!("menu-item", class)} {to}><Icon {glyph} />{ word }</Link<Route>> }
    };
    let close = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(false))
    };
    html! {
        <Menu
            class="is-quiet account-button" name={format!("Account of {name}")} open={*open} {ontoggle}
            label={html! { <><Icon glyph={Glyph::Person} /><span class="clip hide-on-phone">{ &name }</span></> }}
        >
            <div onclick={close}>
                <p class="menu-head">
                    <span class="clip">{ &name }</span>
                    if account.user.role == Role::Admin {
                        <span class="menu-role">{ "admin" }</span>
                    }
                </p>
                { go(Route::Account, Glyph::Person, "Account", None) }
                { go(Route::Keys, Glyph::Key, "API keys", None) }
                { go(Route::Usage, Glyph::Chart, "Usage", Some("only-on-phone")) }
                if known.is_admin() {
                    { go(Route::AdminUsers, Glyph::Admin, "Admin", None) }
                }
                <hr />
                <button class="menu-item" type="button" onclick={onleave}><Icon glyph={Glyph::Leave} />{ "Sign out" }</button>
            </div>
        </Menu>
    }
}
