//! The field for a PDF's password.

use web_sys::{FormData, HtmlFormElement, HtmlInputElement};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Whether the field gets the focus at once.
    pub(crate) first: bool,
    /// The number of wrong passwords. When it increases, the field gets the focus with its text selected.
    #[prop_or_default]
    pub(crate) wrong: u32,
    pub(crate) onpassword: Callback<String>,
}

#[component]
pub(crate) fn PasswordForm(props: &Props) -> Html {
    let field = use_node_ref();
    use_effect_with((props.first, props.wrong), {
        let field = field.clone();
        move |&(first, wrong)| {
            if let (true, Some(field)) = (first || wrong > 0, field.cast::<HtmlInputElement>()) {
                // The field works also without focus.
                let _ = field.focus();
                field.select();
            }
        }
    });
    let onsubmit = {
        let onpassword = props.onpassword.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let form: HtmlFormElement = event.target_unchecked_into();
            let password = FormData::new_with_form(&form).ok().and_then(|data| data.get("password").as_string());
            if let Some(password) = password.filter(|password| !password.is_empty()) {
                onpassword.emit(password);
            }
        })
    };
    html! {
        <form class="password" {onsubmit}>
            <label class="visually-hidden" for="password">{ "Password of the PDF" }</label>
            <input
                ref={field} class="field" id="password" name="password" type="password" autocomplete="off" placeholder="Password of the PDF"
                aria-invalid={(props.wrong > 0).to_string()}
            />
            <button class="button is-primary" type="submit">{ "Open" }</button>
        </form>
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
    use web_sys::HtmlElement;

    use super::*;
    use crate::components::stage::Stage;

    wasm_bindgen_test_configure!(run_in_browser);

    /// A form for which every password is wrong.
    #[component]
    fn Vault() -> Html {
        let wrong = use_state(|| 0);
        let onpassword = {
            let wrong = wrong.clone();
            Callback::from(move |_| wrong.set(*wrong + 1))
        };
        html! { <PasswordForm first=true wrong={*wrong} {onpassword} /> }
    }

    fn focused() -> Option<String> {
        web_sys::window().unwrap().document().unwrap().active_element().unwrap().get_attribute("name")
    }

    #[wasm_bindgen_test]
    async fn the_field_has_the_focus_at_once_and_again_after_a_wrong_password() {
        let stage = Stage::render::<Vault>(()).await;
        assert_eq!(focused().as_deref(), Some("password"));
        let field: HtmlInputElement = stage.find("input").unwrap();
        field.set_value("guess");
        stage.find::<HtmlElement>("button").unwrap().focus().unwrap();
        assert_eq!(focused(), None);
        stage.click("button").await;
        assert_eq!(focused().as_deref(), Some("password"));
        assert_eq!(field.get_attribute("aria-invalid").as_deref(), Some("true"));
    }
}
