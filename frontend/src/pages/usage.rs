//! What was used: four numbers and the ledger.

use inkstream_wire::{RunKind, RunStatus, UsageEvent, UsageSummary};
use yew::prelude::*;

use crate::{
    api,
    components::Shell,
    hooks::{Fetched, use_fetched},
    state::{ago, bytes, count},
};

/// The caller's meter.
#[component]
pub(crate) fn UsagePage() -> Html {
    let summary = use_fetched(api::usage_summary);
    let events = use_fetched(api::usage);
    html! {
        <Shell>
            <div class="column is-wide">
                <h1>{ "Usage" }</h1>
                { figures(&summary) }
                { ledger(&events) }
            </div>
        </Shell>
    }
}

fn figures(summary: &Fetched<UsageSummary>) -> Html {
    let zero = UsageSummary::default();
    let summary = match summary {
        Fetched::Here(summary) => summary,
        Fetched::Loading | Fetched::Failed(_) => &zero,
    };
    let figure = |name: &'static str, number: String| html! { <div><dt>{ name }</dt><dd>{ number }</dd></div> };
    html! {
        <dl class="figures">
            { figure("Runs", count(summary.events)) }
            { figure("Pages", count(summary.pages)) }
            { figure("Tokens", count(summary.total_tokens)) }
            { figure("Uploaded", bytes(summary.input_bytes)) }
        </dl>
    }
}

fn ledger(events: &Fetched<Vec<UsageEvent>>) -> Html {
    match events {
        Fetched::Loading => html! { <div class="skeleton" aria-hidden="true"><span /><span /><span /></div> },
        Fetched::Failed(_) => {
            html! { <p class="empty">{ "The ledger cannot be shown now. Reload the page to try again." }</p> }
        }
        Fetched::Here(events) if events.is_empty() => {
            html! { <p class="empty">{ "Nothing was read yet. Read a document, and its run stands here." }</p> }
        }
        Fetched::Here(events) => html! {
            <div class="table-scroll" tabindex="0" role="region" aria-label="Runs">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{ "When" }</th><th scope="col">{ "Kind" }</th><th scope="col">{ "Model" }</th>
                            <th scope="col">{ "State" }</th><th scope="col" class="is-number">{ "Pages" }</th>
                            <th scope="col" class="is-number">{ "Tokens" }</th><th scope="col" class="is-number">{ "Seconds" }</th>
                        </tr>
                    </thead>
                    <tbody>{ for events.iter().map(row) }</tbody>
                </table>
            </div>
        },
    }
}

fn row(event: &UsageEvent) -> Html {
    let kind = match event.kind {
        RunKind::Image => "picture",
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
            <td>{ kind }</td>
            <td>{ &event.model }</td>
            <td class={class}>{ status }</td>
            <td class="is-number">{ count(u64::from(event.pages)) }</td>
            <td class="is-number">{ if event.estimated { "~" } else { "" } }{ tokens }</td>
            <td class="is-number">{ format!("{:.1}", event.seconds) }</td>
        </tr>
    }
}
