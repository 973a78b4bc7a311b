//! The engines that the server has.

use std::rc::Rc;

use inkstream_wire::EngineState;
use yew::prelude::*;

use crate::{
    api,
    hooks::{Fetched, use_polled},
};

/// What is known of the engines.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Engines {
    /// The engines; none while they are on their way or the server does not say.
    pub(crate) list: Rc<Vec<EngineState>>,
    /// Whether they are here.
    pub(crate) known: Known,
    /// Asks anew how they stand.
    pub(crate) ask: Callback<()>,
}

/// Whether the server has said which engines there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// Not yet.
    Waiting,
    /// It has.
    Here,
    /// It was asked, and does not say.
    Silent,
}

impl Default for Engines {
    fn default() -> Self {
        Self { list: Rc::default(), known: Known::Here, ask: Callback::noop() }
    }
}

/// Properties of [`EnginesProvider`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// What may use the engines.
    pub(crate) children: Html,
}

/// Asks for the engines, and now and then for how they stand.
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
