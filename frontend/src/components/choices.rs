//! What the next document is read with.

use inkstream_wire::EngineState;
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::{
    components::{Glyph, Icon, Menu},
    state::{Choices, language_name},
};

/// Properties of [`ChoiceBar`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The choices.
    pub(crate) choices: UseStateHandle<Choices>,
    /// The engines that the server has.
    pub(crate) engines: std::rc::Rc<Vec<EngineState>>,
}

/// Engine, languages, pages, and a prompt where the engine takes one.
#[component]
pub(crate) fn ChoiceBar(props: &Props) -> Html {
    let engine = props.choices.engine(&props.engines).cloned();
    let pages = edit(&props.choices, |choices, event: InputEvent| {
        choices.type_pages(event.target_unchecked_into::<HtmlInputElement>().value());
    });
    let prompt = edit(&props.choices, |choices, event: InputEvent| {
        choices.prompt = event.target_unchecked_into::<HtmlTextAreaElement>().value();
    });
    let hint = props.choices.pages_hint();
    let field = use_node_ref();
    // A file was not taken because of what stands here.
    use_effect_with(props.choices.stops, {
        let field = field.clone();
        move |&stops| {
            if let (1.., Some(field)) = (stops, field.cast::<HtmlInputElement>()) {
                // Without focus the hint is seen all the same.
                let _ = field.focus();
            }
        }
    });
    html! {
        <div class="choices">
            <EngineChoice choices={props.choices.clone()} engines={props.engines.clone()} />
            if let Some(engine) = engine.clone().filter(|engine| !engine.languages.is_empty()) {
                <LanguageChoice choices={props.choices.clone()} languages={engine.languages} />
            }
            <label class="choice">
                <span class="choice-name">{ "Pages" }</span>
                <input
                    ref={field} class="field" type="text" inputmode="numeric" placeholder="all" autocomplete="off" spellcheck="false"
                    autofocus={props.choices.stops > 0} value={props.choices.pages.clone()} oninput={pages}
                    aria-invalid={hint.is_some().to_string()} aria-describedby="pages-hint"
                />
                <span id="pages-hint" class={classes!("choice-hint", hint.map(|_| "is-bad"))}>{ hint }</span>
            </label>
            if engine.is_some_and(|engine| engine.takes_prompt) {
                <label class="choice is-wide">
                    <span class="choice-name">{ "Prompt" }</span>
                    <textarea class="field" rows="2" placeholder="as the server has it" value={props.choices.prompt.clone()} oninput={prompt} />
                </label>
            }
        </div>
    }
}

#[component]
fn EngineChoice(props: &Props) -> Html {
    let onchange = edit(&props.choices, |choices, event: Event| {
        choices.model = Some(event.target_unchecked_into::<HtmlSelectElement>().value());
    });
    let Some(chosen) = props.choices.engine(&props.engines) else { return Html::default() };
    if props.engines.len() < 2 {
        return html! {
            <div class="choice">
                <span class="choice-name">{ "Engine" }</span>
                <span class="choice-fixed">{ &chosen.model }{ if chosen.ready { "" } else { " · not ready" } }</span>
            </div>
        };
    }
    html! {
        <label class="choice">
            <span class="choice-name">{ "Engine" }</span>
            <select class="field" {onchange}>
                { for props.engines.iter().map(|engine| html! {
                    <option value={engine.model.clone()} selected={engine.model == chosen.model} disabled={!engine.ready}>
                        { &engine.model }{ if engine.ready { "" } else { " · not ready" } }
                    </option>
                }) }
            </select>
        </label>
    }
}

#[derive(Properties, PartialEq)]
struct LanguageProps {
    choices: UseStateHandle<Choices>,
    languages: Vec<String>,
}

#[component]
fn LanguageChoice(props: &LanguageProps) -> Html {
    let open = use_state(|| false);
    let ontoggle = {
        let open = open.clone();
        Callback::from(move |is| open.set(is))
    };
    let chosen: Vec<&str> = props
        .choices
        .languages
        .iter()
        .filter(|code| props.languages.contains(code))
        .map(|code| language_name(code))
        .collect();
    let words = if chosen.is_empty() { "default".to_owned() } else { chosen.join(", ") };
    // Orientation data is listed among the languages, and is none.
    let languages = props.languages.iter().filter(|code| code.as_str() != "osd");
    html! {
        <div class="choice">
            <span class="choice-name" aria-hidden="true">{ "Language" }</span>
            <Menu
                class="field" name={format!("Language: {words}")} open={*open} {ontoggle}
                label={html! { <><span class="clip">{ words }</span><Icon glyph={Glyph::Down} /></> }}
            >
                { for languages.map(|code| {
                    let toggled = code.clone();
                    let onchange = edit(&props.choices, move |choices, _: Event| choices.toggle_language(&toggled));
                    html! {
                        <label class="menu-item">
                            <input type="checkbox" checked={props.choices.languages.contains(code)} {onchange} />
                            { language_name(code) }
                        </label>
                    }
                }) }
            </Menu>
        </div>
    }
}

/// A callback that changes a copy of the choices.
fn edit<E: 'static>(choices: &UseStateHandle<Choices>, change: impl Fn(&mut Choices, E) + 'static) -> Callback<E> {
    let choices = choices.clone();
    Callback::from(move |event| {
        let mut changed = (*choices).clone();
        change(&mut changed, event);
        choices.set(changed);
    })
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;
    use crate::components::stage::Stage;

    wasm_bindgen_test_configure!(run_in_browser);

    #[component]
    fn Home() -> Html {
        let choices = use_state(|| Choices { pages: "3-1x".to_owned(), ..Choices::default() });
        let onclick = {
            let choices = choices.clone();
            Callback::from(move |_| choices.set(Choices { stops: 1, ..(*choices).clone() }))
        };
        html! { <><button {onclick} /><ChoiceBar {choices} engines={std::rc::Rc::default()} /></> }
    }

    #[wasm_bindgen_test]
    async fn pages_that_stopped_a_reading_have_the_focus_and_say_what_to_do() {
        let stage = Stage::of::<Home>(()).await;
        let field: HtmlInputElement = stage.find("input").unwrap();
        let focused = || web_sys::window().unwrap().document().unwrap().active_element().unwrap();
        assert_ne!(&focused(), field.as_ref() as &web_sys::Element);
        stage.click("button").await;
        assert_eq!(&focused(), field.as_ref() as &web_sys::Element);
        assert_eq!(field.get_attribute("aria-invalid").as_deref(), Some("true"));
        assert!(stage.words().contains("Write pages as 1-3,7, then choose the file again"), "{}", stage.words());
    }
}
