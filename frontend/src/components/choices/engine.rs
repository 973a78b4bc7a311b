//! The choices of engine and task.

use inkstream_wire::{EngineState, Task};
use yew::prelude::*;

use super::{
    Props, edit,
    select::{Choice, Select},
};
use crate::{
    components::Standing,
    state::{engine_name, standing, takes_pages, task_name, way_out},
};

/// A list of engines with the state of the chosen one; the name if there is only one.
#[component]
pub(super) fn EngineChoice(props: &Props) -> Html {
    let onvalue = edit(&props.choices, |choices, model| choices.model = Some(model));
    let Some(chosen) = props.choices.engine(&props.engines) else { return Html::default() };
    let several = props.engines.len() > 1;
    let lines: Vec<Choice> = props.engines.iter().map(|engine| line(engine, chosen, &props.engines)).collect();
    html! {
        <div class="choice">
            if several {
                <label class="choice-name" for="choice-engine">{ "Engine" }</label>
                <Select id="choice-engine" about="engine-standing" {lines} value={chosen.model.clone()} {onvalue} />
            } else {
                <span class="choice-name">{ "Engine" }</span>
                <span class="choice-fixed clip" title={chosen.model.clone()}>{ &chosen.model }</span>
            }
            <span id="engine-standing"><Standing engine={chosen.clone()} more={way_out(chosen, &props.engines)} /></span>
        </div>
    }
}

/// The chosen engine's option is its name: its state is shown below the list, and the closed list has no room for more.
fn line(engine: &EngineState, chosen: &EngineState, engines: &[EngineState]) -> Choice {
    if engine.model == chosen.model {
        return Choice::new(engine.model.clone(), engine.model.clone());
    }
    let words = format!("{} · {}", engine_name(engine), standing(engine, None));
    Choice { disabled: !takes_pages(engine, engines), ..Choice::new(engine.model.clone(), words) }
}

#[component]
pub(super) fn TaskChoice(props: &Props) -> Html {
    let onvalue = edit(&props.choices, |choices, value: String| {
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
    let lines: Vec<Choice> = engine.tasks.iter().map(|&task| Choice::new(task.as_str(), task_name(task))).collect();
    html! {
        <label class="choice">
            <span class="choice-name">{ "Task" }</span>
            <Select {lines} value={chosen.as_str()} {onvalue} />
        </label>
    }
}
