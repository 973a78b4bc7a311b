//! A row of toggle buttons, one of them pressed.

use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props<T: PartialEq + Copy + 'static> {
    /// The accessible name.
    pub(crate) name: AttrValue,
    /// The choices with their labels.
    pub(crate) choices: Vec<(T, &'static str)>,
    pub(crate) chosen: T,
    pub(crate) onchoose: Callback<T>,
}

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
