//! The engine with its live state, and what it is to do.

use inkstream_wire::{EngineState, Task};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::{Props, edit};
use crate::{
    components::Standing,
    state::{standing, takes_pages, task_name},
};

/// A list of engines; where there is one, its name.
#[component]
pub(super) fn EngineChoice(props: &Props) -> Html {
    let onchange = edit(&props.choices, |choices, event: Event| {
        choices.model = Some(event.target_unchecked_into::<HtmlSelectElement>().value());
    });
    let Some(chosen) = props.choices.engine(&props.engines) else { return Html::default() };
    let several = props.engines.len() > 1;
    html! {
        <div class="choice">
            if several {
                <label class="choice-name" for="choice-engine">{ "Engine" }</label>
                <select id="choice-engine" class="field" {onchange} aria-describedby="engine-standing">
                    { for props.engines.iter().map(|engine| option(engine, engine.model == chosen.model)) }
                </select>
            } else {
                <span class="choice-name">{ "Engine" }</span>
                <span class="choice-fixed clip" title={chosen.model.clone()}>{ &chosen.model }</span>
            }
            <span id="engine-standing"><Standing engine={chosen.clone()} stand_in=true /></span>
        </div>
    }
}

/// The chosen one's state stands below the list.
fn option(engine: &EngineState, selected: bool) -> Html {
    html! {
        <option value={engine.model.clone()} {selected} disabled={!takes_pages(engine) && !selected}>
            { &engine.model }{ (!selected).then(|| format!(" · {}", standing(engine, None))) }
        </option>
    }
}

/// What the engine can do.
#[component]
pub(super) fn TaskChoice(props: &Props) -> Html {
    let onchange = edit(&props.choices, |choices, event: Event| {
        let value = event.target_unchecked_into::<HtmlSelectElement>().value();
        choices.task = Task::ALL.into_iter().find(|task| task.as_str() == value);
    });
    let Some(engine) = props.choices.engine(&props.engines) else { return Html::default() };
    let Some(chosen) = props.choices.task_on(Some(engine)) else { return Html::default() };
    if engine.tasks.len() < 2 {
        return html! {
            <div class="choice">
                <span class="choice-name">{ "Task" }</span>
                <span class="choice-fixed">{ task_name(chosen) }</span>
            </div>
        };
    }
    html! {
        <label class="choice">
            <span class="choice-name">{ "Task" }</span>
            <select class="field" {onchange}>
                { for engine.tasks.iter().map(|&task| html! {
                    <option value={task.as_str()} selected={task == chosen}>{ task_name(task) }</option>
                }) }
            </select>
        </label>
    }
}
