//! The overlay while a file is dragged over the page.

use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) over: bool,
}

#[component]
pub(crate) fn DropOverlay(props: &Props) -> Html {
    if !props.over {
        return Html::default();
    }
    html! { <div class="drop-overlay" aria-hidden="true"><p>{ "Let go to read it" }</p></div> }
}
