//! The admin pages: users, usage of all users, engines, audit trail.

mod audit;
mod engines;
mod quotas;
mod user_row;
mod users;

use yew::prelude::*;
use yew_router::prelude::*;

pub(crate) use self::{audit::AdminAudit, engines::AdminEngines, users::AdminUsers};
use crate::{api::Ledger, components::Shell, pages::usage::UsageView, route::Route};

/// The admin pages in the order of their links.
const PARTS: [(Route, &str); 4] = [
    (Route::AdminUsers, "Users"),
    (Route::AdminUsage, "Usage"),
    (Route::AdminEngines, "Engines"),
    (Route::AdminAudit, "Audit trail"),
];

#[derive(Properties, PartialEq)]
struct Props {
    title: AttrValue,
    children: Html,
}

/// The frame of the admin pages: heading and links.
#[component]
fn Frame(props: &Props) -> Html {
    let here = use_route::<Route>();
    html! {
        <Shell>
            <div class="column is-wide">
                <nav class="parts" aria-label="Admin">
                    { for PARTS.iter().map(|&(to, word)| html! {
                        <span class="parts-item" aria-current={(here == Some(to)).then_some("page")}>
                            <Link<Route> classes="tab" {to}>{ word }</Link<Route>>
                        </span>
                    }) }
                </nav>
                <h1>{ &props.title }</h1>
                { props.children.clone() }
            </div>
        </Shell>
    }
}

/// Like a user's own usage page, for all users.
#[component]
pub(crate) fn AdminUsage() -> Html {
    html! { <Frame title="Usage of all"><UsageView ledger={Ledger::All} /></Frame> }
}
