//! The page of unknown routes.

use yew::prelude::*;
use yew_router::prelude::*;

use crate::{components::Shell, route::Route};

#[component]
pub(crate) fn NotFound() -> Html {
    html! {
        <Shell>
            <div class="column">
                <h1>{ "Nothing is here" }</h1>
                <p class="lead">{ "The address leads to no page. Documents are deleted after a while; their addresses then lead nowhere, too." }</p>
                <Link<Route> classes="button is-primary" to={Route::Home}>{ "Read a document" }</Link<Route>>
            </div>
        </Shell>
    }
}
