//! What says that a file may be let go here.

use yew::prelude::*;

/// Properties of [`DropOverlay`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Whether a file hovers over the page.
    pub(crate) over: bool,
}

/// A frame around the page while a file hovers over it.
#[component]
pub(crate) fn DropOverlay(props: &Props) -> Html {
    if !props.over {
        return Html::default();
    }
    html! { <div class="drop-overlay" aria-hidden="true"><p>{ "Let go to read it" }</p></div> }
}
