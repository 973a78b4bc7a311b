//! The bar of a usage meter.

use inkstream_wire::Meter;
use yew::prelude::*;

use crate::state::{Fill, gauge, metered};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The counted unit, capitalized and plural.
    pub(crate) name: AttrValue,
    /// The unit in the singular.
    pub(crate) noun: AttrValue,
    pub(crate) meter: Meter,
}

/// The numbers, with a bar if there is a limit.
#[component]
pub(crate) fn MeterBar(props: &Props) -> Html {
    let gauge = gauge(&props.meter);
    let word = gauge.and_then(|gauge| match gauge.fill {
        Fill::Room => None,
        Fill::Nearly => Some(("is-nearly", "nearly used up")),
        Fill::Full => Some(("is-full", "used up")),
    });
    html! {
        <div class={classes!("meter", word.map(|(class, _)| class))}>
            <p class="meter-words">
                <span class="meter-name">{ &props.name }</span>
                <span class="meter-number">
                    { metered(&props.meter, &props.noun) }
                    if let Some((_, word)) = word {
                        <span class="meter-warning">{ " · " }{ word }</span>
                    }
                </span>
            </p>
            if let Some(gauge) = gauge {
                <svg class="meter-bar" width="100%" height="6" aria-hidden="true">
                    <rect class="meter-all" width="100%" height="6" rx="3" />
                    <rect class="meter-reserved" width={percent(gauge.used + gauge.reserved)} height="6" rx="3" />
                    <rect class="meter-used" width={percent(gauge.used)} height="6" rx="3" />
                </svg>
            }
        </div>
    }
}

fn percent(share: f64) -> String {
    format!("{share:.2}%")
}
