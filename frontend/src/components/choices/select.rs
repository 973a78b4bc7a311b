//! A list to choose one of.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// One line of the list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    /// What is chosen with it.
    pub(super) value: AttrValue,
    /// What it says.
    pub(super) words: AttrValue,
    /// Whether it cannot be chosen now.
    pub(super) disabled: bool,
}

impl Choice {
    /// A line that can be chosen.
    pub(super) fn new(value: impl Into<AttrValue>, words: impl Into<AttrValue>) -> Self {
        Self { value: value.into(), words: words.into(), disabled: false }
    }
}

/// Properties of [`Select`].
#[derive(Properties, PartialEq)]
pub(super) struct Props {
    /// For its label.
    #[prop_or_default]
    pub(super) id: Option<AttrValue>,
    /// What is told of it.
    #[prop_or_default]
    pub(super) about: Option<AttrValue>,
    /// The lines.
    pub(super) lines: Vec<Choice>,
    /// What is chosen.
    pub(super) value: AttrValue,
    /// Something else is.
    pub(super) onvalue: Callback<String>,
}

/// Shows what is chosen, also where the lines have changed: a line that a person once chose would stay so for the browser.
#[component]
pub(super) fn Select(props: &Props) -> Html {
    let node = use_node_ref();
    use_effect_with((props.lines.clone(), props.value.clone(), node.clone()), |(_, value, node)| {
        if let Some(select) = node.cast::<HtmlSelectElement>() {
            select.set_value(value);
        }
    });
    let onchange = props.onvalue.reform(|event: Event| event.target_unchecked_into::<HtmlSelectElement>().value());
    let title = props.lines.iter().find(|line| line.value == props.value).map(|line| line.words.clone());
    html! {
        <select ref={node} id={props.id.clone()} class="field" {title} {onchange} aria-describedby={props.about.clone()}>
            { for props.lines.iter().map(|line| html! {
                <option value={line.value.clone()} disabled={line.disabled}>{ &line.words }</option>
            }) }
        </select>
    }
}
