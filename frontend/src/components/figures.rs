//! The ledger's totals as four numbers.

use inkstream_wire::UsageSummary;
use yew::prelude::*;

use crate::state::{bytes, cost, count};

/// Properties of [`Figures`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The totals.
    pub(crate) summary: UsageSummary,
    /// The currency of costs.
    #[prop_or_default]
    pub(crate) currency: Option<AttrValue>,
}

/// Runs, pages, tokens; and the cost, or what was uploaded where nothing has a price.
#[component]
pub(crate) fn Figures(props: &Props) -> Html {
    let summary = &props.summary;
    let figure = |name: &'static str, number: String| html! { <div><dt>{ name }</dt><dd>{ number }</dd></div> };
    html! {
        <dl class="figures">
            { figure("Runs", count(summary.events)) }
            { figure("Pages", count(summary.pages)) }
            { figure("Tokens", count(summary.total_tokens)) }
            { match summary.cost {
                Some(amount) => figure("Cost", cost(amount, props.currency.as_deref())),
                None => figure("Uploaded", bytes(summary.input_bytes)),
            } }
        </dl>
    }
}
