//! The usage page: totals, a chart of the last days, groups, and runs of a ledger.

use inkstream_wire::{Grouping, UsageSummary};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::{
    api::{self, Ledger},
    components::{Figures, Glyph, Icon, LedgerTable, More, Shell, Tabs, UsageChart, UsageGroups},
    hooks::{Fetched, SessionStore, ToastStore, download, use_fetched, use_fetched_for, use_paged},
    state::{Chart, Day, Export, Rest, ToastAction},
};

/// The caller's ledger.
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

/// Properties of the ledger's parts.
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) ledger: Ledger,
}

#[component]
pub(crate) fn UsageView(props: &Props) -> Html {
    let ledger = props.ledger;
    let summary = use_fetched(move || api::usage_summary(ledger, Grouping::Day));
    let currency = use_currency();
    let totals = match &*summary {
        Fetched::Here(summary) => UsageSummary { groups: None, ..summary.clone() },
        Fetched::Loading | Fetched::Failed(_) => UsageSummary::default(),
    };
    let days = match &*summary {
        Fetched::Here(summary) => summary.groups.clone().unwrap_or_default(),
        Fetched::Loading | Fetched::Failed(_) => Vec::new(),
    };
    let chart = Chart::new(&days, Day::from_milliseconds(js_sys::Date::now()));
    html! {
        <>
            if matches!(*summary, Fetched::Failed(_)) {
                <p class="empty" role="status">{ "The totals cannot be shown now. Reload the page to try again." }</p>
            } else {
                <Figures summary={totals} {currency} />
                <UsageChart {chart} />
            }
            <Totals {ledger} />
            <Runs {ledger} />
        </>
    }
}

/// The currency of costs, if the operator has set prices.
#[hook]
fn use_currency() -> Option<AttrValue> {
    use_context::<SessionStore>()?.session().settings.currency.clone().map(AttrValue::from)
}

#[component]
fn Totals(props: &Props) -> Html {
    let ledger = props.ledger;
    let by = use_state(|| if ledger == Ledger::All { Grouping::User } else { Grouping::Model });
    let currency = use_currency();
    let summary = use_fetched_for(*by, move |by| async move {
        api::usage_summary(ledger, by).await.map(|summary| (by, summary.groups.unwrap_or_default()))
    });
    let mut choices = vec![(Grouping::Model, "By model"), (Grouping::Key, "By key"), (Grouping::Day, "By day")];
    if ledger == Ledger::All {
        choices.insert(0, (Grouping::User, "By user"));
    }
    let onchoose = {
        let by = by.clone();
        Callback::from(move |chosen| by.set(chosen))
    };
    html! {
        <section class="part" aria-labelledby="totals-title">
            <div class="part-head">
                <h2 class="section-title" id="totals-title">{ "Totals" }</h2>
                <Tabs<Grouping> name="Totals by" {choices} chosen={*by} {onchoose} />
            </div>
            { match &*summary {
                Fetched::Loading => html! { <div class="skeleton" aria-hidden="true"><span /><span /><span /></div> },
                Fetched::Failed(_) => html! { <p class="empty" role="status">{ "These totals cannot be shown now." }</p> },
                // The groups include their grouping, because they stay visible until the next ones are fetched.
                Fetched::Here((by, groups)) => html! { <UsageGroups by={*by} groups={groups.clone()} {currency} /> },
            } }
        </section>
    }
}

#[component]
fn Runs(props: &Props) -> Html {
    let ledger = props.ledger;
    let (list, onmore) = use_paged(move |before| api::usage(ledger, before));
    let currency = use_currency();
    let onsave = use_csv(ledger);
    let (rows, rest) = (&list.0.rows, list.0.rest);
    html! {
        <section class="part" aria-labelledby="runs-title">
            <div class="part-head">
                <h2 class="section-title" id="runs-title">{ "Runs" }</h2>
                if !rows.is_empty() {
                    <button class="button is-quiet" type="button" onclick={onsave}><Icon glyph={Glyph::Export} />{ "Download CSV" }</button>
                }
            </div>
            if rows.is_empty() && rest == Rest::Nothing {
                <p class="empty">{ "Nothing was read yet. Read a document, and its run stands here." }</p>
            } else if !rows.is_empty() {
                <LedgerTable rows={rows.clone()} users={ledger == Ledger::All} {currency} />
            }
            <More {rest} empty={rows.is_empty()} {onmore} />
        </section>
    }
}

/// Saves the newest rows as a file. A link could not send the access token.
#[hook]
fn use_csv(ledger: Ledger) -> Callback<MouseEvent> {
    let toasts = use_context::<ToastStore>();
    Callback::from(move |_| {
        let toasts = toasts.clone();
        spawn_local(async move {
            match api::usage_csv(ledger).await {
                Ok(content) => {
                    let day = Day::from_milliseconds(js_sys::Date::now()).iso();
                    download(&Export {
                        filename: format!("inkstream-usage-{day}.csv"),
                        media_type: "text/csv;charset=utf-8",
                        content,
                    });
                }
                Err(_) => {
                    if let Some(toasts) = toasts {
                        toasts.dispatch(ToastAction::Say("The CSV did not come. Try again in a moment.".to_owned()));
                    }
                }
            }
        });
    })
}
