//! The end of a form: its button, and what there is to say of the whole.

use yew::prelude::*;

/// Properties of [`FormEnd`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// What the button does.
    pub(crate) label: AttrValue,
    /// Whether the form is on its way.
    pub(crate) sending: bool,
    /// What there is to say of the whole.
    #[prop_or_default]
    pub(crate) whole: Option<AttrValue>,
    /// More classes for the button.
    #[prop_or(classes!("is-primary"))]
    pub(crate) class: Classes,
    /// What stands beside the button.
    #[prop_or_default]
    pub(crate) children: Html,
}

/// While the form is sent the button stays where it is and keeps the focus, but does nothing.
#[component]
pub(crate) fn FormEnd(props: &Props) -> Html {
    let onclick = {
        let sending = props.sending;
        Callback::from(move |event: MouseEvent| {
            if sending {
                event.prevent_default();
            }
        })
    };
    html! {
        <>
            <p class="form-whole" role="status" aria-live="polite">
                if let Some(whole) = &props.whole {
                    { whole }
                }
            </p>
            <div class="form-end">
                <button
                    class={classes!("button", props.class.clone())} type="submit" {onclick}
                    aria-disabled={props.sending.then_some("true")} aria-busy={props.sending.then_some("true")}
                >
                    { &props.label }
                </button>
                { props.children.clone() }
            </div>
        </>
    }
}
