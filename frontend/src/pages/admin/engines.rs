//! The engines and their states.

use inkstream_wire::EngineState;
use yew::prelude::*;

use super::Frame;
use crate::{
    api,
    components::Standing,
    hooks::{Fetched, use_polled},
    state::{counted, language_name, task_name},
};

/// One row for each engine, refreshed while the page is visible.
#[component]
pub(crate) fn AdminEngines() -> Html {
    let (engines, _) = use_polled(api::engines);
    html! {
        <Frame title="Engines">
            { match &*engines {
                Fetched::Loading => html! { <div class="skeleton" aria-hidden="true"><span /><span /></div> },
                Fetched::Failed(_) => html! {
                    <p class="empty" role="status">{ "The engines cannot be listed now. Reload the page to try again." }</p>
                },
                Fetched::Here(engines) if engines.is_empty() => html! {
                    <p class="empty">{ "There is no engine. Name one in the service's settings; until then nothing is read." }</p>
                },
                Fetched::Here(engines) => table(engines),
            } }
        </Frame>
    }
}

fn table(engines: &[EngineState]) -> Html {
    html! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Engines">
            <table class="table is-stacked">
                <thead>
                    <tr>
                        <th scope="col">{ "Model" }</th><th scope="col">{ "State" }</th><th scope="col">{ "Reading" }</th>
                        <th scope="col">{ "Tasks" }</th><th scope="col">{ "Prompt" }</th><th scope="col">{ "Languages" }</th>
                    </tr>
                </thead>
                <tbody>{ for engines.iter().map(row) }</tbody>
            </table>
        </div>
    }
}

fn row(engine: &EngineState) -> Html {
    let about = if engine.default { format!("{} · default", engine.profile) } else { engine.profile.clone() };
    let fallback = engine.fallback.as_ref().map(|model| format!("fallback: {model}"));
    // Parameters that its server has refused.
    let omitted = (!engine.omitted.is_empty()).then(|| format!("asked without {}", engine.omitted.join(", ")));
    let tasks: Vec<&str> = engine.tasks.iter().map(|&task| task_name(task)).collect();
    html! {
        <tr key={engine.model.clone()}>
            <th scope="row" class="is-wrapped">{ &engine.model }<span class="table-more">{ about }</span></th>
            <td title={engine.since.clone()}>
                <Standing engine={engine.clone()} />
                { for fallback.into_iter().chain(omitted).map(|more| html! { <span class="table-more">{ more }</span> }) }
            </td>
            <td data-name="Reading">
                { format!("{} of {}", engine.reading, engine.concurrency) }
                if engine.waiting > 0 {
                    <span class="table-more">{ format!("{} waiting", engine.waiting) }</span>
                }
            </td>
            <td class="is-wrapped" data-name="Tasks">{ tasks.join(", ") }</td>
            <td data-name="Prompt">{ if engine.takes_prompt { "taken" } else { "ignored" } }</td>
            <td class="is-wrapped" data-name="Languages">{ languages(&engine.languages) }</td>
        </tr>
    }
}

fn languages(codes: &[String]) -> String {
    let names: Vec<&str> = codes.iter().filter(|code| *code != "osd").map(|code| language_name(code)).collect();
    match names.len() {
        0 => "as the model has them".to_owned(),
        1..=6 => names.join(", "),
        more => counted(more as u64, "language"),
    }
}
