//! A list that is fetched in parts.

use std::{future::Future, rc::Rc};

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::state::{Asking, Failure, Paged, PagedAction};

/// The list as a reducer.
#[derive(Debug, PartialEq)]
pub(crate) struct PagedState<T>(pub(crate) Paged<T>);

impl<T> Default for PagedState<T> {
    fn default() -> Self {
        Self(Paged::default())
    }
}

impl<T: Clone + 'static> Reducible for PagedState<T> {
    type Action = PagedAction<T>;

    fn reduce(self: Rc<Self>, action: PagedAction<T>) -> Rc<Self> {
        Rc::new(Self(self.0.clone().after(action)))
    }
}

/// Fetches the first part when the component is first shown, and the next whenever the callback is
/// called. `fetch` takes where a part begins and gives where the one after it does.
#[hook]
pub(crate) fn use_paged<T, F>(
    fetch: impl Fn(Option<String>) -> F + Copy + 'static,
) -> (UseReducerHandle<PagedState<T>>, Callback<()>)
where
    T: Clone + 'static,
    F: Future<Output = Result<(Vec<T>, Option<String>), Failure>> + 'static,
{
    let store = use_reducer(PagedState::<T>::default);
    let asking = use_mut_ref(Asking::default);
    let more = {
        let (store, next) = (store.dispatcher(), store.0.next.clone());
        Callback::from(move |()| {
            // A part that is asked for twice would stand in the list twice.
            if !asking.borrow_mut().ask() {
                return;
            }
            let (store, part, asking) = (store.clone(), fetch(next.clone()), asking.clone());
            store.dispatch(PagedAction::Ask);
            spawn_local(async move {
                let part = part.await;
                *asking.borrow_mut() = Asking::Idle;
                store.dispatch(match part {
                    Ok((rows, next)) => PagedAction::Came(rows, next),
                    Err(_) => PagedAction::Failed,
                });
            });
        })
    };
    use_effect_with((), {
        let more = more.clone();
        move |()| more.emit(())
    });
    (store, more)
}
