//! The choice of languages.

use yew::prelude::*;

use super::edit;
use crate::{
    components::{Glyph, Icon, Menu},
    state::{Choices, language_name},
};

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) choices: UseStateHandle<Choices>,
    /// The languages to choose from.
    pub(super) languages: Vec<String>,
}

#[component]
pub(super) fn LanguageChoice(props: &Props) -> Html {
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
    html! {
        <div class="choice">
            <span class="choice-name" aria-hidden="true">{ "Language" }</span>
            <Menu
                class="field" name={format!("Language: {words}")} open={*open} {ontoggle}
                label={html! { <><span class="clip">{ words }</span><Icon glyph={Glyph::Down} /></> }}
            >
                { for props.languages.iter().map(|code| {
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
