//! The server's engines.

use std::rc::Rc;

use inkstream_wire::EngineState;
use yew::prelude::*;

use crate::{
    api,
    hooks::{Fetched, use_polled},
};

/// The known engines.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Engines {
    /// The engines; empty while they are fetched or if that failed.
    pub(crate) list: Rc<Vec<EngineState>>,
    /// Whether they are known.
    pub(crate) known: Known,
    /// Fetches their states again.
    pub(crate) ask: Callback<()>,
}

/// Whether the engines are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// They are being fetched.
    Waiting,
    Here,
    /// The request failed.
    Silent,
}

impl Default for Engines {
    fn default() -> Self {
        Self { list: Rc::default(), known: Known::Here, ask: Callback::noop() }
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) children: Html,
}

/// Fetches the engines, and their states periodically.
#[component]
pub(crate) fn EnginesProvider(props: &Props) -> Html {
    let (health, ask) = use_polled(api::health);
    let engines = use_memo((health, ask), |(health, ask)| {
        let (list, known) = match &**health {
            Fetched::Here(health) => (Rc::new(health.engines.clone()), Known::Here),
            Fetched::Loading => (Rc::default(), Known::Waiting),
            Fetched::Failed(_) => (Rc::default(), Known::Silent),
        };
        Engines { list, known, ask: ask.clone() }
    });
    html! {
        <ContextProvider<Engines> context={(*engines).clone()}>{ props.children.clone() }</ContextProvider<Engines>>
    }
}
