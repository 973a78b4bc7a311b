//! The options of a run: engine, task, language and pages, and the others in a disclosure.

mod engine;
mod language;
mod more;
mod select;

use std::rc::Rc;

use inkstream_wire::{EngineState, Task};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use self::{
    engine::{EngineChoice, TaskChoice},
    language::LanguageChoice,
    more::MoreChoices,
};
use crate::{
    hooks::{Engines, Known},
    state::{Choices, Gap, language_choices},
};

#[derive(Properties, PartialEq, Clone)]
pub(crate) struct Props {
    pub(crate) choices: UseStateHandle<Choices>,
    pub(crate) engines: Rc<Vec<EngineState>>,
    /// What to do after filling a required field: the end of a sentence.
    pub(crate) then: &'static str,
    /// Whether the document may be a PDF.
    #[prop_or(true)]
    pub(crate) pdf: bool,
    /// Whether the document may have several pages.
    #[prop_or(true)]
    pub(crate) several: bool,
}

/// Offers only what the chosen engine supports.
#[component]
pub(crate) fn ChoiceBar(props: &Props) -> Html {
    let Engines { known, ask, .. } = use_context::<Engines>().unwrap_or_default();
    // Refresh the engines' states.
    use_effect_with((), move |()| ask.emit(()));
    let engine = props.choices.engine(&props.engines);
    let languages: Vec<String> =
        engine.map(|engine| language_choices(engine).map(str::to_owned).collect()).unwrap_or_default();
    let locates = props.choices.task_on(engine) == Some(Task::Locate);
    let hint = props.choices.pages_hint(props.then);
    let pages = edit(&props.choices, Choices::type_pages);
    let reference = edit(&props.choices, Choices::type_reference);
    let stops = props.choices.stops_at(Gap::Reference);
    let asked = (stops > 0).then(|| format!("Write what to look for, then {}", props.then));
    html! {
        <div class="choices">
            if known == Known::Waiting {
                { for ["Engine", "Task"].map(waiting) }
            } else if known == Known::Silent {
                <p class="choices-silent" role="status">{ "The engines cannot be listed now. Reading still may work." }</p>
            }
            <EngineChoice ..props.clone() />
            <TaskChoice ..props.clone() />
            if !languages.is_empty() {
                <LanguageChoice choices={props.choices.clone()} {languages} />
            }
            if props.several {
                <Typed
                    name="Pages" id="pages" placeholder="all" value={props.choices.pages.clone()} {hint}
                    stops={props.choices.stops_at(Gap::Pages)} ontype={pages}
                />
            }
            if locates {
                <Typed
                    name="Look for" id="reference" placeholder="a word, a number, a phrase" value={props.choices.reference.clone()}
                    hint={asked} {stops} ontype={reference}
                />
            }
            <MoreChoices ..props.clone() />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct TypedProps {
    name: &'static str,
    id: &'static str,
    placeholder: &'static str,
    value: String,
    hint: Option<String>,
    stops: u32,
    ontype: Callback<String>,
}

/// A field that must be filled before reading.
#[component]
fn Typed(props: &TypedProps) -> Html {
    let field = use_node_ref();
    // A file was refused because of this field.
    use_effect_with(props.stops, {
        let field = field.clone();
        move |&stops| {
            if let (1.., Some(field)) = (stops, field.cast::<HtmlInputElement>()) {
                // The hint is visible also without focus.
                let _ = field.focus();
            }
        }
    });
    let about = format!("{}-hint", props.id);
    let inputmode = (props.id == "pages").then_some("numeric");
    let oninput = props.ontype.reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    html! {
        <label class={classes!("choice", (props.id == "reference").then_some("is-wide"))}>
            <span class="choice-name">{ props.name }</span>
            <input
                ref={field} class="field" type="text" {inputmode} placeholder={props.placeholder} autocomplete="off" spellcheck="false"
                autofocus={props.stops > 0} value={props.value.clone()} {oninput}
                aria-invalid={props.hint.is_some().to_string()} aria-describedby={about.clone()}
            />
            <span id={about} class="choice-hint">{ props.hint.as_deref() }</span>
        </label>
    }
}

/// A placeholder while the engines load, so that the layout does not shift.
fn waiting(name: &'static str) -> Html {
    html! {
        <div class="choice" aria-hidden="true">
            <span class="choice-name">{ name }</span><span class="choice-fixed" /><span class="standing">{ "\u{a0}" }</span>
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
    use crate::{components::stage::Stage, state::engine_with};

    wasm_bindgen_test_configure!(run_in_browser);

    #[derive(Properties, PartialEq)]
    struct HomeProps {
        choices: Choices,
        engines: Rc<Vec<EngineState>>,
    }

    #[component]
    fn Home(props: &HomeProps) -> Html {
        let choices = use_state(|| props.choices.clone());
        let engines = props.engines.clone();
        let onclick = {
            let (choices, engines) = (choices.clone(), engines.clone());
            Callback::from(move |_| {
                let mut stopped = (*choices).clone();
                if let Some(gap) = stopped.gap(&engines, true) {
                    stopped.stop_at(gap);
                }
                choices.set(stopped);
            })
        };
        html! { <><button id="go" {onclick} /><ChoiceBar {choices} {engines} then="choose the file again" /></> }
    }

    async fn home(choices: Choices, engines: Vec<EngineState>) -> Stage {
        Stage::render::<Home>(HomeProps { choices, engines: Rc::new(engines) }).await
    }

    async fn stops_with_the_focus_on(stage: &Stage, field: &str) {
        let field: HtmlInputElement = stage.find(field).unwrap();
        let focused = || web_sys::window().unwrap().document().unwrap().active_element().unwrap();
        assert_ne!(&focused(), field.as_ref() as &web_sys::Element);
        stage.click("#go").await;
        assert_eq!(&focused(), field.as_ref() as &web_sys::Element);
        assert_eq!(field.get_attribute("aria-invalid").as_deref(), Some("true"));
    }

    #[wasm_bindgen_test]
    async fn an_invalid_page_range_gets_the_focus_and_a_hint() {
        let stage = home(Choices { pages: "3-1x".to_owned(), ..Choices::default() }, Vec::new()).await;
        stops_with_the_focus_on(&stage, "input[inputmode]").await;
        assert!(stage.words().contains("Write pages as 1-3,7, then choose the file again"), "{}", stage.words());
    }

    #[wasm_bindgen_test]
    async fn the_reference_is_asked_for_only_with_the_locate_task() {
        let locate = Choices { task: Some(Task::Locate), ..Choices::default() };
        let stage = home(locate, vec![engine_with("tesseract", &[Task::Text, Task::Locate])]).await;
        stops_with_the_focus_on(&stage, "[aria-describedby=reference-hint]").await;
        assert!(stage.words().contains("Write what to look for"), "{}", stage.words());
        let text = home(Choices::default(), vec![engine_with("tesseract", &[Task::Text, Task::Locate])]).await;
        assert!(text.find::<HtmlInputElement>("[aria-describedby=reference-hint]").is_none());
    }

    #[wasm_bindgen_test]
    async fn only_what_the_chosen_engine_supports_is_offered() {
        let stage = home(Choices::default(), vec![engine_with("tesseract", &[Task::Text, Task::Layout])]).await;
        let words = stage.words();
        assert!(words.contains("Plain text") && words.contains("Text with places"), "{words}");
        assert!(!words.contains("Markdown") && !words.contains("Size") && !words.contains("Prompt"), "{words}");
    }
}
