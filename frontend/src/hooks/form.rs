//! A form: what is typed stays in the browser's fields; this knows what is wrong with it and
//! whether it is on its way.

use wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlElement, HtmlFormElement};
use yew::prelude::*;

/// What there is to say of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Said {
    /// It is on its way.
    sending: bool,
    /// What is wrong, by field, in the order of the fields.
    wrong: Vec<(&'static str, String)>,
    /// What is wrong with the whole, or went well.
    whole: Option<String>,
}

/// A form of a page. Put `root` on the `<form>`.
#[derive(Clone, PartialEq)]
pub(crate) struct Form {
    /// The `<form>`.
    pub(crate) root: NodeRef,
    said: UseStateHandle<Said>,
}

/// A form of which nothing is to be said yet.
#[hook]
pub(crate) fn use_form() -> Form {
    Form { root: use_node_ref(), said: use_state(Said::default) }
}

impl Form {
    /// What stands in a field.
    pub(crate) fn value(&self, name: &str) -> String {
        self.data().and_then(|data| data.get(name).as_string()).unwrap_or_default()
    }

    /// Whether it is on its way.
    pub(crate) fn sending(&self) -> bool {
        self.said.sending
    }

    /// What is wrong with a field.
    pub(crate) fn wrong(&self, name: &str) -> Option<AttrValue> {
        let wrong = self.said.wrong.iter().find(|(field, _)| *field == name);
        wrong.map(|(_, words)| AttrValue::from(words.clone()))
    }

    /// What there is to say of the whole.
    pub(crate) fn whole(&self) -> Option<&str> {
        self.said.whole.as_deref()
    }

    /// It goes on its way.
    pub(crate) fn send(&self) {
        self.said.set(Said { sending: true, ..Said::default() });
    }

    /// Fields are wrong: says so, and leads to the first.
    pub(crate) fn refuse(&self, wrong: Vec<(&'static str, String)>) {
        let first = wrong.first().map(|&(name, _)| name);
        self.said.set(Said { wrong, ..Said::default() });
        if let Some(name) = first {
            self.focus(name);
        }
    }

    /// It did not work, and no field is to blame.
    pub(crate) fn fail(&self, whole: String) {
        self.said.set(Said { whole: Some(whole), ..Said::default() });
    }

    /// It worked: the fields are empty again.
    pub(crate) fn done(&self) {
        self.said.set(Said::default());
        if let Some(form) = self.root.cast::<HtmlFormElement>() {
            form.reset();
        }
    }

    /// Gives the focus to a field.
    pub(crate) fn focus(&self, name: &str) {
        let form = self.root.cast::<HtmlFormElement>();
        let field = form.and_then(|form| form.query_selector(&format!("[name='{name}']")).ok()).flatten();
        if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
            // A field that cannot be focused is found by its words.
            let _ = field.focus();
        }
    }

    fn data(&self) -> Option<FormData> {
        FormData::new_with_form(&self.root.cast::<HtmlFormElement>()?).ok()
    }
}
