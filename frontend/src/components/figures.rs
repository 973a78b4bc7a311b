//! The ledger's totals as four numbers.

use inkstream_wire::UsageSummary;
use yew::prelude::*;

use crate::state::{bytes, cost, count};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) summary: UsageSummary,
    #[prop_or_default]
    pub(crate) currency: Option<AttrValue>,
}

/// Runs, pages, tokens, and the cost, or the uploaded bytes if there are no prices.
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
