//! The rarely used choices: size, prompt, text layer, hyphenated words.

use inkstream_wire::SizeMode;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::{
    Props, edit,
    select::{Choice, Select},
};
use crate::state::size_name;

/// A disclosure that is initially open if one of its choices is set.
#[component]
pub(super) fn MoreChoices(props: &Props) -> Html {
    let engine = props.choices.engine(&props.engines);
    let text_layer = edit(&props.choices, |choices, event: Event| {
        choices.text_layer = event.target_unchecked_into::<HtmlInputElement>().checked();
    });
    let dehyphenate = edit(&props.choices, |choices, event: Event| {
        choices.dehyphenate = event.target_unchecked_into::<HtmlInputElement>().checked();
    });
    let prompt = edit(&props.choices, |choices, event: InputEvent| {
        choices.prompt = event.target_unchecked_into::<HtmlTextAreaElement>().value();
    });
    let sizes = engine.map(|engine| engine.sizes.as_slice()).unwrap_or_default();
    let prompted = engine.is_some_and(|engine| engine.takes_prompt);
    // Only the initial state: afterwards the browser opens and closes it.
    let open = *use_memo((), |()| {
        let choices = &props.choices;
        choices.text_layer
            || choices.dehyphenate
            || choices.size_on(engine).is_some()
            || (prompted && !choices.prompt.is_empty())
    });
    let joins = props.choices.joins_on(engine);
    if sizes.is_empty() && !prompted && !props.pdf && !joins {
        return Html::default();
    }
    html! {
        <details class="choices-more" {open}>
            <summary>{ "More" }</summary>
            <div class="choices-more-body">
                if !sizes.is_empty() {
                    { size(props, sizes) }
                }
                if prompted {
                    <label class="choice is-wide">
                        <span class="choice-name">{ "Prompt" }</span>
                        <textarea class="field" rows="2" placeholder="the task’s own" value={props.choices.prompt.clone()} oninput={prompt} />
                    </label>
                }
                if props.pdf {
                    <label class="switch is-wide">
                        <input type="checkbox" role="switch" checked={props.choices.text_layer} onchange={text_layer} />
                        { "Use the PDF’s own text where it is sound" }
                    </label>
                }
                if joins {
                    <label class="switch is-wide">
                        <input type="checkbox" role="switch" checked={props.choices.dehyphenate} onchange={dehyphenate} />
                        { "Join hyphenated words" }
                    </label>
                }
            </div>
        </details>
    }
}

fn size(props: &Props, sizes: &[SizeMode]) -> Html {
    let onvalue = edit(&props.choices, |choices, value: String| {
        choices.size = Some(SizeMode::new(value));
    });
    // The default is the engine's largest size, which is the last one.
    let chosen = props.choices.size_on(props.choices.engine(&props.engines)).or(sizes.last().cloned());
    let lines: Vec<Choice> = sizes.iter().map(|size| Choice::new(size.as_str(), size_name(size))).collect();
    html! {
        <label class="choice">
            <span class="choice-name">{ "Size" }</span>
            <Select {lines} value={chosen.as_ref().map_or("", SizeMode::as_str).to_owned()} {onvalue} />
        </label>
    }
}
