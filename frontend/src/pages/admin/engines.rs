//! The engines with their state.

use inkstream_wire::EngineState;
use yew::prelude::*;

use super::Frame;
use crate::{
    api,
    components::Standing,
    hooks::{Fetched, use_polled},
    state::{ago, counted, language_name, task_name},
};

/// One line an engine, kept up to date while it is looked at.
#[component]
pub(crate) fn AdminEngines() -> Html {
    let engines = use_polled(api::engines);
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
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">{ "Model" }</th><th scope="col">{ "State" }</th><th scope="col">{ "Since" }</th>
                        <th scope="col" class="is-number">{ "Reading" }</th><th scope="col" class="is-number">{ "Waiting" }</th>
                        <th scope="col">{ "Profile" }</th><th scope="col">{ "Tasks" }</th><th scope="col">{ "Stand-in" }</th>
                        <th scope="col">{ "Prompt" }</th><th scope="col">{ "Languages" }</th>
                    </tr>
                </thead>
                <tbody>
                    { for engines.iter().map(|engine| html! {
                        <tr key={engine.model.clone()}>
                            <th scope="row">{ &engine.model }{ if engine.default { " · default" } else { "" } }</th>
                            <td><Standing engine={engine.clone()} /></td>
                            <td title={engine.since.clone()}>{ ago(js_sys::Date::parse(&engine.since), js_sys::Date::now()) }</td>
                            <td class="is-number">{ format!("{} of {}", engine.reading, engine.concurrency) }</td>
                            <td class="is-number">{ engine.waiting }</td>
                            <td>{ &engine.profile }</td>
                            <td class="is-wrapped">{ engine.tasks.iter().map(|&task| task_name(task)).collect::<Vec<_>>().join(", ") }</td>
                            <td>{ engine.fallback.as_deref().unwrap_or("–") }</td>
                            <td>{ if engine.takes_prompt { "taken" } else { "ignored" } }</td>
                            <td class="is-wrapped">{ languages(&engine.languages) }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
        </div>
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
