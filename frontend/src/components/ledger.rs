//! The table of the ledger.

use inkstream_wire::{RunKind, RunStatus, UsageEvent};
use yew::prelude::*;

use crate::state::{Rest, ago, cost, count};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The rows, newest first.
    pub(crate) rows: Vec<UsageEvent>,
    /// Whether the rows are of several users.
    #[prop_or_default]
    pub(crate) users: bool,
    #[prop_or_default]
    pub(crate) currency: Option<AttrValue>,
}

/// One row for each run, with a cost column if any row has a cost.
#[component]
pub(crate) fn LedgerTable(props: &Props) -> Html {
    let priced = props.rows.iter().any(|row| row.cost.is_some());
    let number = |word: &'static str| html! { <th scope="col" class="is-number">{ word }</th> };
    html! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Ledger">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">{ "When" }</th>
                        if props.users {
                            <th scope="col">{ "User" }</th>
                        }
                        <th scope="col">{ "Kind" }</th><th scope="col">{ "Model" }</th><th scope="col">{ "State" }</th>
                        { number("Pages") }{ number("Tokens") }{ number("Seconds") }
                        if priced {
                            { number("Cost") }
                        }
                    </tr>
                </thead>
                <tbody>{ for props.rows.iter().map(|event| row(event, props, priced)) }</tbody>
            </table>
        </div>
    }
}

fn row(event: &UsageEvent, props: &Props, priced: bool) -> Html {
    let kind = match event.kind {
        RunKind::Image => "image",
        RunKind::Pdf => "PDF",
        RunKind::Chat => "chat",
        RunKind::Batch => "batch",
    };
    let (status, class) = match event.status {
        RunStatus::Running => ("running", "is-running"),
        RunStatus::Ok => ("✓ read", "is-done"),
        RunStatus::Partial => ("… in part", "is-cut"),
        RunStatus::Failed => ("! failed", "is-failed"),
        RunStatus::Aborted => ("– stopped", "is-stopped"),
    };
    let tokens = count(event.prompt_tokens + event.completion_tokens);
    html! {
        <tr key={event.id.to_string()}>
            <td>{ ago(js_sys::Date::parse(&event.created_at), js_sys::Date::now()) }</td>
            if props.users {
                <td>{ event.username.as_deref().unwrap_or("a deleted account") }</td>
            }
            <td>{ kind }</td>
            <td>{ &event.model }</td>
            <td class={class}>{ status }</td>
            <td class="is-number">{ count(u64::from(event.pages)) }</td>
            <td class="is-number">{ if event.estimated { "~" } else { "" } }{ tokens }</td>
            <td class="is-number">{ format!("{:.1}", event.seconds) }</td>
            if priced {
                <td class="is-number">{ event.cost.map(|amount| cost(amount, props.currency.as_deref())) }</td>
            }
        </tr>
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct MoreProps {
    /// The state of the next part.
    pub(crate) rest: Rest,
    /// Whether there are no rows yet.
    pub(crate) empty: bool,
    pub(crate) onmore: Callback<()>,
}

/// The end of a list that is fetched in parts.
#[component]
pub(crate) fn More(props: &MoreProps) -> Html {
    let button = |word: &'static str, busy: bool| {
        let onclick = (!busy).then(|| props.onmore.reform(|_: MouseEvent| ()));
        html! {
            <button class="button show-more" type="button" {onclick} aria-disabled={busy.then_some("true")}>{ word }</button>
        }
    };
    match props.rest {
        Rest::Loading if props.empty => {
            html! { <div class="skeleton" aria-hidden="true"><span /><span /><span /></div> }
        }
        Rest::Loading => button("Show more", true),
        Rest::More => button("Show more", false),
        Rest::Nothing => Html::default(),
        Rest::Failed => html! {
            <div class="list-failed" role="status">
                <p>{ "The list did not come." }</p>{ button("Try again", false) }
            </div>
        },
    }
}
