//! The end of a form: its button and the form's message.

use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) label: AttrValue,
    /// Whether the form is being sent.
    pub(crate) sending: bool,
    /// A message about the whole form.
    #[prop_or_default]
    pub(crate) whole: Option<AttrValue>,
    #[prop_or(classes!("is-primary"))]
    pub(crate) class: Classes,
    /// Elements beside the button.
    #[prop_or_default]
    pub(crate) children: Html,
}

/// While the form is sent, the button is inactive but not disabled, so that it keeps the focus.
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
