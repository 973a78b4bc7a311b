//! The state of a form: errors and whether it is being sent. The values stay in the browser's fields.

use wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlElement, HtmlFormElement};
use yew::prelude::*;

/// The state of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Said {
    sending: bool,
    /// Errors by field, in the order of the fields.
    wrong: Vec<(&'static str, String)>,
    /// A message about the whole form.
    whole: Option<String>,
}

/// A form. Put `root` on its `<form>`.
#[derive(Clone, PartialEq)]
pub(crate) struct Form {
    pub(crate) root: NodeRef,
    said: UseStateHandle<Said>,
}

/// A form without errors.
#[hook]
pub(crate) fn use_form() -> Form {
    Form { root: use_node_ref(), said: use_state(Said::default) }
}

impl Form {
    /// The value of a field.
    pub(crate) fn value(&self, name: &str) -> String {
        self.data().and_then(|data| data.get(name).as_string()).unwrap_or_default()
    }

    pub(crate) fn sending(&self) -> bool {
        self.said.sending
    }

    /// The error of a field.
    pub(crate) fn wrong(&self, name: &str) -> Option<AttrValue> {
        let wrong = self.said.wrong.iter().find(|(field, _)| *field == name);
        wrong.map(|(_, words)| AttrValue::from(words.clone()))
    }

    /// The message about the whole form.
    pub(crate) fn whole(&self) -> Option<&str> {
        self.said.whole.as_deref()
    }

    /// Marks the form as being sent.
    pub(crate) fn send(&self) {
        self.said.set(Said { sending: true, ..Said::default() });
    }

    /// Shows errors of fields and focuses the first of them.
    pub(crate) fn refuse(&self, wrong: Vec<(&'static str, String)>) {
        let first = wrong.first().map(|&(name, _)| name);
        self.said.set(Said { wrong, ..Said::default() });
        if let Some(name) = first {
            self.focus(name);
        }
    }

    /// Shows an error of the whole form.
    pub(crate) fn fail(&self, whole: String) {
        self.said.set(Said { whole: Some(whole), ..Said::default() });
    }

    /// Clears the fields after success.
    pub(crate) fn done(&self) {
        self.said.set(Said::default());
        if let Some(form) = self.root.cast::<HtmlFormElement>() {
            form.reset();
        }
    }

    pub(crate) fn focus(&self, name: &str) {
        let form = self.root.cast::<HtmlFormElement>();
        let field = form.and_then(|form| form.query_selector(&format!("[name='{name}']")).ok()).flatten();
        if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
            // If the field cannot be focused, its error is visible.
            let _ = field.focus();
        }
    }

    fn data(&self) -> Option<FormData> {
        FormData::new_with_form(&self.root.cast::<HtmlFormElement>()?).ok()
    }
}
