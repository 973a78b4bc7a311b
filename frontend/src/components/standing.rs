//! The state of an engine: a shape and a word beside the colour.

use inkstream_wire::{EngineCondition, EngineState};
use yew::prelude::*;

use crate::state::standing;

/// Properties of [`Standing`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The engine.
    pub(crate) engine: EngineState,
    /// Further elements beside the state.
    #[prop_or_default]
    pub(crate) more: Option<String>,
}

/// A full circle, a half one, or a cross, with the word.
#[component]
pub(crate) fn Standing(props: &Props) -> Html {
    let engine = &props.engine;
    let seconds = (js_sys::Date::now() - js_sys::Date::parse(&engine.since)) / 1000.0;
    let words = standing(engine, Some(seconds).filter(|seconds| seconds.is_finite()));
    let (class, path) = match engine.state {
        EngineCondition::Ready => ("is-ready", "M6 2a4 4 0 1 0 0 8a4 4 0 0 0 0-8z"),
        EngineCondition::Busy => ("is-busy", "M6 2a4 4 0 0 1 0 8z"),
        EngineCondition::Down => ("is-down", "M3 3l6 6M9 3l-6 6"),
    };
    html! {
        <span class={classes!("standing", class)}>
            <svg viewBox="0 0 12 12" aria-hidden="true" focusable="false">
                if engine.state == EngineCondition::Busy {
                    <circle class="standing-ring" cx="6" cy="6" r="4" />
                }
                <path d={path} />
            </svg>
            <span>
                { words }
                { for props.more.as_ref().map(|more| html! { <span class="standing-more">{ " · " }{ more }</span> }) }
            </span>
        </span>
    }
}
