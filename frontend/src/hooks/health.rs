//! The engines that the server has.

use std::rc::Rc;

use inkstream_wire::EngineState;
use yew::prelude::*;

use crate::{
    api,
    hooks::{Fetched, use_polled},
};

/// The engines; none while they are on their way or the server does not say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Engines(pub(crate) Rc<Vec<EngineState>>);

/// Properties of [`EnginesProvider`].
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// What may use the engines.
    pub(crate) children: Html,
}

/// Asks for the engines, and now and then for how they stand.
#[component]
pub(crate) fn EnginesProvider(props: &Props) -> Html {
    let health = use_polled(api::health);
    let engines = use_memo(health, |health| match &**health {
        Fetched::Here(health) => Engines(Rc::new(health.engines.clone())),
        _ => Engines::default(),
    });
    html! {
        <ContextProvider<Engines> context={(*engines).clone()}>{ props.children.clone() }</ContextProvider<Engines>>
    }
}
