//! The engines with their state.

use inkstream_wire::EngineState;
use yew::prelude::*;

use super::Frame;
use crate::{
    api,
    hooks::{Fetched, use_fetched},
    state::{counted, language_name},
};

/// One line an engine.
#[component]
pub(crate) fn AdminEngines() -> Html {
    let engines = use_fetched(api::engines);
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
                        <th scope="col">{ "Model" }</th><th scope="col">{ "State" }</th><th scope="col">{ "Prompt" }</th>
                        <th scope="col">{ "Languages" }</th>
                    </tr>
                </thead>
                <tbody>
                    { for engines.iter().map(|engine| html! {
                        <tr key={engine.model.clone()}>
                            <th scope="row">{ &engine.model }{ if engine.default { " · default" } else { "" } }</th>
                            if engine.ready {
                                <td class="is-done">{ "✓ ready" }</td>
                            } else {
                                <td class="is-failed">{ "! not ready" }</td>
                            }
                            <td>{ if engine.takes_prompt { "taken" } else { "ignored" } }</td>
                            <td>{ languages(&engine.languages) }</td>
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
