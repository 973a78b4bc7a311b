//! A list that is fetched in parts.

use std::{future::Future, rc::Rc};

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::state::{Failure, Paged, PagedAction, PendingRequest};

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

/// Fetches the first part when the component is mounted, and the next one when the callback is called. `fetch` takes the start of a part
/// and returns the start of the next.
#[hook]
pub(crate) fn use_paged<T, F>(
    fetch: impl Fn(Option<String>) -> F + Copy + 'static,
) -> (UseReducerHandle<PagedState<T>>, Callback<()>)
where
    T: Clone + 'static,
    F: Future<Output = Result<(Vec<T>, Option<String>), Failure>> + 'static,
{
    let store = use_reducer(PagedState::<T>::default);
    let asking = use_mut_ref(PendingRequest::default);
    let more = {
        let (store, next) = (store.dispatcher(), store.0.next.clone());
        Callback::from(move |()| {
            // A part that was requested twice would be in the list twice.
            if !asking.borrow_mut().ask() {
                return;
            }
            let (store, part, asking) = (store.clone(), fetch(next.clone()), asking.clone());
            store.dispatch(PagedAction::Ask);
            spawn_local(async move {
                let part = part.await;
                *asking.borrow_mut() = PendingRequest::Idle;
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
