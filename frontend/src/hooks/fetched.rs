//! Something fetched once a component is shown.

use std::{future::Future, rc::Rc};

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::state::Failure;

/// What was fetched, or why not yet.
#[derive(Debug, PartialEq)]
pub(crate) enum Fetched<T> {
    /// On its way.
    Loading,
    /// It did not come.
    Failed(Failure),
    /// Here.
    Here(T),
}

/// Fetches with `fetch` when the component is first shown.
#[hook]
pub(crate) fn use_fetched<T, F>(fetch: impl FnOnce() -> F + 'static) -> Rc<Fetched<T>>
where
    T: 'static,
    F: Future<Output = Result<T, Failure>> + 'static,
{
    let state = use_state(|| Rc::new(Fetched::Loading));
    let setter = state.setter();
    use_effect_with((), move |()| {
        spawn_local(async move {
            setter.set(Rc::new(match fetch().await {
                Ok(value) => Fetched::Here(value),
                Err(failure) => Fetched::Failed(failure),
            }));
        });
    });
    (*state).clone()
}
