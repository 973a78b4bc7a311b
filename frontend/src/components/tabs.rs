//! A row of buttons, one of them pressed.

use yew::prelude::*;

/// Properties of [`Tabs`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props<T: PartialEq + Copy + 'static> {
    /// What is chosen between.
    pub(crate) name: AttrValue,
    /// The choices with their words.
    pub(crate) choices: Vec<(T, &'static str)>,
    /// The one that is shown.
    pub(crate) chosen: T,
    /// Another is chosen.
    pub(crate) onchoose: Callback<T>,
}

/// The row.
#[component]
pub(crate) fn Tabs<T>(props: &Props<T>) -> Html
where
    T: PartialEq + Copy + 'static,
{
    html! {
        <div class="tabs" role="group" aria-label={props.name.clone()}>
            { for props.choices.iter().map(|&(choice, word)| html! {
                <button
                    class="tab" type="button" aria-pressed={(choice == props.chosen).to_string()}
                    onclick={props.onchoose.reform(move |_| choice)}
                >
                    { word }
                </button>
            }) }
        </div>
    }
}
