//! Data that is fetched when a component is mounted.

use std::{future::Future, rc::Rc};

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::state::{Failure, Newest};

/// The state of fetched data.
#[derive(Debug, PartialEq)]
pub(crate) enum Fetched<T> {
    Loading,
    Failed(Failure),
    Here(T),
}

/// Fetches with `fetch` when the component is mounted.
#[hook]
pub(crate) fn use_fetched<T, F>(fetch: impl FnOnce() -> F + 'static) -> Rc<Fetched<T>>
where
    T: 'static,
    F: Future<Output = Result<T, Failure>> + 'static,
{
    use_fetched_for((), |()| fetch())
}

/// Fetches with `fetch` when the component is mounted and whenever `what` changes. The old data stays until the new data arrives.
#[hook]
pub(crate) fn use_fetched_for<T, K, F>(what: K, fetch: impl FnOnce(K) -> F + 'static) -> Rc<Fetched<T>>
where
    T: 'static,
    K: Clone + PartialEq + 'static,
    F: Future<Output = Result<T, Failure>> + 'static,
{
    let state = use_state(|| Rc::new(Fetched::Loading));
    let newest = use_memo((), |()| Newest::default());
    let setter = state.setter();
    use_effect_with(what, move |what| {
        let what = what.clone();
        let asked = newest.ask();
        spawn_local(async move {
            let answer = match fetch(what).await {
                Ok(value) => Fetched::Here(value),
                Err(failure) => Fetched::Failed(failure),
            };
            // Ignore the answer to an outdated request.
            if asked.is_newest() {
                setter.set(Rc::new(answer));
            }
        });
    });
    (*state).clone()
}
