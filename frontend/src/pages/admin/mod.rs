//! What admins see: users, everyone's usage, engines, the audit trail.

mod audit;
mod engines;
mod quotas;
mod usage;
mod user_row;
mod users;

use yew::prelude::*;
use yew_router::prelude::*;

pub(crate) use self::{audit::AdminAudit, engines::AdminEngines, usage::AdminUsage, users::AdminUsers};
use crate::{components::Shell, route::Route};

/// The parts, in the order of their links.
const PARTS: [(Route, &str); 4] = [
    (Route::AdminUsers, "Users"),
    (Route::AdminUsage, "Usage"),
    (Route::AdminEngines, "Engines"),
    (Route::AdminAudit, "Audit trail"),
];

/// Properties of [`Frame`].
#[derive(Properties, PartialEq)]
struct Props {
    /// The part's name.
    title: AttrValue,
    /// The part.
    children: Html,
}

/// The heading and the way between the parts.
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
