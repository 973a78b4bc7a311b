//! The ledger's totals by day, model, key or user.

use inkstream_wire::{Grouping, UsageGroup};
use yew::prelude::*;

use crate::state::{Day, cost, count};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The grouping.
    pub(crate) by: Grouping,
    pub(crate) groups: Vec<UsageGroup>,
    #[prop_or_default]
    pub(crate) currency: Option<AttrValue>,
}

/// One row for each group: days newest first, other groups in the server's order.
#[component]
pub(crate) fn UsageGroups(props: &Props) -> Html {
    if props.groups.is_empty() {
        return html! { <p class="empty">{ "Nothing was read yet." }</p> };
    }
    let mut groups = props.groups.clone();
    if props.by == Grouping::Day {
        groups.sort_by(|a, b| b.group.cmp(&a.group));
    }
    let priced = groups.iter().any(|group| group.cost.is_some());
    let head = match props.by {
        Grouping::Day => "Day (UTC)",
        Grouping::Model => "Model",
        Grouping::Key => "Key",
        Grouping::User => "User",
    };
    html! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Table of totals">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">{ head }</th><th scope="col" class="is-number">{ "Runs" }</th>
                        <th scope="col" class="is-number">{ "Pages" }</th><th scope="col" class="is-number">{ "Tokens" }</th>
                        if priced {
                            <th scope="col" class="is-number">{ "Cost" }</th>
                        }
                    </tr>
                </thead>
                <tbody>
                    { for groups.iter().map(|group| html! {
                        <tr key={group.group.clone()}>
                            <th scope="row">{ name(props.by, group) }</th>
                            <td class="is-number">{ count(group.events) }</td>
                            <td class="is-number">{ count(group.pages) }</td>
                            <td class="is-number">{ count(group.prompt_tokens + group.completion_tokens) }</td>
                            if priced {
                                <td class="is-number">{ group.cost.map(|amount| cost(amount, props.currency.as_deref())) }</td>
                            }
                        </tr>
                    }) }
                </tbody>
            </table>
        </div>
    }
}

fn name(by: Grouping, group: &UsageGroup) -> String {
    match by {
        Grouping::Day => Day::parse(&group.group).map_or_else(|| group.group.clone(), Day::long),
        Grouping::Model => group.group.clone(),
        Grouping::Key if group.group.is_empty() => "Without a key".to_owned(),
        Grouping::Key => group.label.clone().unwrap_or_else(|| "A revoked key".to_owned()),
        Grouping::User if group.group.is_empty() => "A deleted account".to_owned(),
        Grouping::User => group.label.clone().unwrap_or_else(|| "A deleted account".to_owned()),
    }
}
