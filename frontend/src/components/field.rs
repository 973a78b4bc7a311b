//! A labelled field of a form.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::components::{Glyph, Icon};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) label: AttrValue,
    /// Its name in the form. Its id is `form` and this name.
    pub(crate) name: AttrValue,
    /// The id prefix, which distinguishes the fields of several forms on a page.
    pub(crate) form: AttrValue,
    /// Whether it is a password field with a button that shows the password.
    #[prop_or_default]
    pub(crate) password: bool,
    /// The `autocomplete` value for browsers and password managers.
    pub(crate) autocomplete: AttrValue,
    /// The requirements on its value.
    #[prop_or_default]
    pub(crate) hint: Option<AttrValue>,
    /// The error of its value.
    #[prop_or_default]
    pub(crate) wrong: Option<AttrValue>,
    /// The minimum number of characters.
    #[prop_or_default]
    pub(crate) minlength: Option<usize>,
    /// The maximum number of characters.
    #[prop_or_default]
    pub(crate) maxlength: Option<usize>,
    /// Whether it gets the focus when the page opens.
    #[prop_or_default]
    pub(crate) first: bool,
}

/// A label, the field, and below it the requirements or the error.
#[component]
pub(crate) fn Field(props: &Props) -> Html {
    let shown = use_state(|| false);
    let input = use_node_ref();
    use_first(props.first, &input);
    let id = format!("{}-{}", props.form, props.name);
    let about = format!("{id}-about");
    let described = (props.hint.is_some() || props.wrong.is_some()).then(|| about.clone());
    let kind = if props.password && !*shown { "password" } else { "text" };
    let toggle = {
        let shown = shown.clone();
        Callback::from(move |_| shown.set(!*shown))
    };
    html! {
        <div class="form-field">
            <label for={id.clone()}>{ &props.label }</label>
            <div class="field-box">
                <input
                    ref={input} class={classes!("field", props.password.then_some("is-password"))} {id} name={props.name.clone()} type={kind}
                    autocomplete={props.autocomplete.clone()} autocapitalize="none" spellcheck="false" required=true autofocus={props.first}
                    minlength={props.minlength.map(|length| length.to_string())} maxlength={props.maxlength.map(|length| length.to_string())}
                    aria-invalid={props.wrong.is_some().to_string()} aria-describedby={described}
                />
                if props.password {
                    <button
                        class="button is-quiet is-icon field-show" type="button" onclick={toggle} aria-pressed={shown.to_string()}
                        aria-label={format!("Show {}", props.label.to_lowercase())} title={if *shown { "Hide" } else { "Show" }}
                    >
                        <Icon glyph={if *shown { Glyph::Hide } else { Glyph::Show }} />
                    </button>
                }
            </div>
            if let Some(wrong) = &props.wrong {
                <p class="form-about is-bad" id={about}>{ wrong }</p>
            } else if let Some(hint) = &props.hint {
                <p class="form-about" id={about}>{ hint }</p>
            }
        </div>
    }
}

/// Focuses the first field when the page opens, unless another element has the focus.
#[hook]
fn use_first(first: bool, input: &NodeRef) {
    use_effect_with(first, {
        let input = input.clone();
        move |&first| {
            let page = web_sys::window().and_then(|window| window.document());
            let free = page.and_then(|page| page.active_element()).is_none_or(|active| active.tag_name() == "BODY");
            if let (true, true, Some(input)) = (first, free, input.cast::<HtmlInputElement>()) {
                // The field works also without focus.
                let _ = input.focus();
            }
        }
    });
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
    use web_sys::Element;

    use super::*;
    use crate::components::stage::Stage;

    wasm_bindgen_test_configure!(run_in_browser);

    async fn shown(wrong: Option<&'static str>) -> Stage {
        let props = Props {
            label: "New password".into(),
            name: "new-password".into(),
            form: "change".into(),
            password: true,
            autocomplete: "new-password".into(),
            hint: Some("At least 8 characters".into()),
            wrong: wrong.map(AttrValue::from),
            minlength: Some(8),
            maxlength: Some(128),
            first: false,
        };
        Stage::render::<Field>(props).await
    }

    fn words_about(stage: &Stage) -> String {
        let id = stage.find::<Element>("input").unwrap().get_attribute("aria-describedby").unwrap();
        stage.find::<Element>(&format!("#{id}")).unwrap().text_content().unwrap()
    }

    #[wasm_bindgen_test]
    async fn an_error_replaces_the_hint_and_describes_the_field() {
        assert_eq!(words_about(&shown(None).await), "At least 8 characters");
        let stage = shown(Some("A password has at least 8 characters")).await;
        assert_eq!(words_about(&stage), "A password has at least 8 characters");
        let input: HtmlInputElement = stage.find("input").unwrap();
        assert_eq!(input.get_attribute("aria-invalid").as_deref(), Some("true"));
        assert_eq!(input.type_(), "password");
    }

    #[wasm_bindgen_test]
    async fn a_password_is_shown_and_hidden_again_without_losing_it() {
        let stage = shown(None).await;
        let input: HtmlInputElement = stage.find("input").unwrap();
        input.set_value("correct horse");
        for (kind, pressed) in [("text", "true"), ("password", "false")] {
            stage.click("button[aria-label='Show new password']").await;
            assert_eq!((input.type_().as_str(), input.value().as_str()), (kind, "correct horse"));
            let button: Element = stage.find("button").unwrap();
            assert_eq!(button.get_attribute("aria-pressed").as_deref(), Some(pressed));
        }
    }
}
