//! The ways to look at a page's text.

use yew::prelude::*;

/// How the text is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum TextView {
    /// Set in type.
    #[default]
    Text,
    /// Letter by letter as the engine gave it.
    Raw,
    /// With places and confidence.
    Json,
}

impl TextView {
    /// All views, in the order of their keys.
    pub(crate) const ALL: [Self; 3] = [Self::Text, Self::Raw, Self::Json];

    const fn name(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Raw => "Raw",
            Self::Json => "JSON",
        }
    }
}

/// Properties of [`ViewTabs`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The view on the screen.
    pub(crate) view: TextView,
    /// Another is chosen.
    pub(crate) onview: Callback<TextView>,
}

/// A row of buttons, one of them pressed.
#[component]
pub(crate) fn ViewTabs(props: &Props) -> Html {
    html! {
        <div class="tabs" role="group" aria-label="View">
            { for TextView::ALL.into_iter().map(|view| html! {
                <button
                    class="tab" type="button" aria-pressed={(view == props.view).to_string()}
                    onclick={props.onview.reform(move |_| view)}
                >
                    { view.name() }
                </button>
            }) }
        </div>
    }
}
