//! Something fetched once a component is shown.

use std::{future::Future, rc::Rc};

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::state::{Failure, Newest};

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
    use_fetched_for((), |()| fetch())
}

/// Fetches with `fetch` when the component is first shown, and again whenever `what` changes; what
/// was there stays until the next has come.
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
            // An answer to a question that nobody asks any more is no answer.
            if asked.counts() {
                setter.set(Rc::new(answer));
            }
        });
    });
    (*state).clone()
}
