//! What was used.

mod view;

use yew::prelude::*;

pub(super) use self::view::UsageView;
use crate::{api::Ledger, components::Shell};

/// The caller's meter.
#[component]
pub(crate) fn UsagePage() -> Html {
    html! {
        <Shell>
            <div class="column is-wide">
                <h1>{ "Usage" }</h1>
                <UsageView ledger={Ledger::Mine} />
            </div>
        </Shell>
    }
}
