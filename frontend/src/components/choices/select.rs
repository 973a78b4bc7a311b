//! A select element.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// An option of the list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    /// Its value.
    pub(super) value: AttrValue,
    /// Its label.
    pub(super) words: AttrValue,
    pub(super) disabled: bool,
}

impl Choice {
    pub(super) fn new(value: impl Into<AttrValue>, words: impl Into<AttrValue>) -> Self {
        Self { value: value.into(), words: words.into(), disabled: false }
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    /// The id, for its label.
    #[prop_or_default]
    pub(super) id: Option<AttrValue>,
    /// The id of its description.
    #[prop_or_default]
    pub(super) about: Option<AttrValue>,
    pub(super) lines: Vec<Choice>,
    pub(super) value: AttrValue,
    pub(super) onvalue: Callback<String>,
}

/// Sets the selection again after each rendering, because the browser keeps an option that a person has chosen.
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
