//! The notice of a failure with its remedy.

use yew::prelude::*;

use crate::{
    components::{Glyph, Icon, PasswordForm},
    state::{Explanation, Remedy},
};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The failure in words, with its remedy.
    pub(crate) explanation: Explanation,
    /// The request's id.
    #[prop_or_default]
    pub(crate) request_id: Option<AttrValue>,
    /// Called with the password, if the remedy asks for one. `None` while there is no remedy to offer.
    pub(crate) onremedy: Option<Callback<Option<String>>>,
    /// Another engine that could read.
    #[prop_or_default]
    pub(crate) other: Option<String>,
    /// Reads with the other engine.
    #[prop_or_default]
    pub(crate) onother: Callback<()>,
}

/// An alert that stays until its remedy is used.
#[component]
pub(crate) fn Notice(props: &Props) -> Html {
    let Explanation { happened, detail, kept, remedy, .. } = &props.explanation;
    html! {
        <section class="notice" role="alert">
            <Icon glyph={Glyph::Warning} />
            <div class="notice-words">
                <p class="notice-title">{ happened }</p>
                <p class="notice-detail">
                    if let Some(detail) = detail {
                        { detail }{ " " }
                    }
                    { *kept }
                </p>
                if let Some(id) = &props.request_id {
                    <p class="notice-small">{ "Request " }<code>{ id }</code></p>
                }
            </div>
            if let Some(onremedy) = &props.onremedy {
                <div class="notice-actions">
                    if let Some(other) = &props.other {
                        <button class="button is-primary" type="button" onclick={props.onother.reform(|_| ())} title={other.clone()}>
                            <span class="clip">{ "Read with " }{ other }</span>
                        </button>
                    }
                    // Show the remedy unless the other engine is the remedy.
                    if *remedy != Remedy::Switch {
                        { action(*remedy, onremedy, props.other.is_none()) }
                    }
                </div>
            }
        </section>
    }
}

fn action(remedy: Remedy, onremedy: &Callback<Option<String>>, first: bool) -> Html {
    let word = match remedy {
        Remedy::ReadMissing => "Read the missing pages",
        Remedy::TryAgain | Remedy::Switch => "Try again",
        Remedy::StartOver => "Choose another file",
        Remedy::Pages => "Choose other pages",
        Remedy::SignIn => "Sign in",
        Remedy::Usage => "See what was used",
        Remedy::Recent => "See recent documents",
        Remedy::Password => return html! { <PasswordForm first=true onpassword={onremedy.reform(Some)} /> },
    };
    let class = classes!("button", first.then_some("is-primary"));
    html! { <button {class} type="button" onclick={onremedy.reform(|_| None)}>{ word }</button> }
}
