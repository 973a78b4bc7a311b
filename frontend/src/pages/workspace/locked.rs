//! Shown in place of the image while its PDF is locked.

use yew::prelude::*;

use crate::{
    components::PasswordForm,
    hooks::{Reader, ToastStore, unlock, use_selector},
    state::Phase,
};

/// Properties of [`LockedImage`].
#[derive(Properties, PartialEq)]
pub(super) struct Props {
    /// How many passwords were wrong.
    pub(super) wrong: u32,
}

/// Says that the PDF is locked. Asks for its password, unless another form does or a password is being checked.
#[component]
pub(super) fn LockedImage(props: &Props) -> Html {
    let offered = use_selector(|workspace| {
        let asked = matches!(&workspace.phase, Phase::Failed(failure) if failure.asks_for_password());
        !asked && !workspace.active()
    });
    let (Some(reader), Some(toasts)) = (use_context::<Reader>(), use_context::<ToastStore>()) else {
        return Html::default();
    };
    let onpassword = Callback::from(move |password| unlock(&reader, &toasts, password));
    html! {
        <figure class="page-image">
            <div class="page-image-absent">
                <div class="locked">
                    <p class="locked-title">{ "This PDF is locked" }</p>
                    <p role="status">
                        if props.wrong == 0 {
                            { "Its pages are seen with its password." }
                        } else {
                            { "This password does not open it." }
                        }
                    </p>
                    if offered {
                        <PasswordForm first=false wrong={props.wrong} {onpassword} />
                    }
                </div>
            </div>
        </figure>
    }
}
