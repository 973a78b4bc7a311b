//! Something fetched again and again while the page is seen.

use std::{future::Future, rc::Rc};

use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::Fetched;
use crate::state::Failure;

/// How often, in milliseconds.
const EVERY: u32 = 15_000;

/// Fetches with `fetch` when the component is first shown, now and then after that, and when a hidden page is seen
/// again. Once something is here, it stays until the next has come.
#[hook]
pub(crate) fn use_polled<T, F>(fetch: fn() -> F) -> Rc<Fetched<T>>
where
    T: PartialEq + 'static,
    F: Future<Output = Result<T, Failure>> + 'static,
{
    let state = use_state_eq(|| Rc::new(Fetched::Loading));
    let here = use_mut_ref(|| false);
    let setter = state.setter();
    use_effect_with((), move |()| {
        let ask = move || {
            let (setter, here) = (setter.clone(), here.clone());
            spawn_local(async move {
                match fetch().await {
                    Ok(value) => {
                        *here.borrow_mut() = true;
                        setter.set(Rc::new(Fetched::Here(value)));
                    }
                    Err(failure) if !*here.borrow() => setter.set(Rc::new(Fetched::Failed(failure))),
                    Err(_) => {}
                }
            });
        };
        ask();
        let page = web_sys::window().and_then(|window| window.document());
        let seen = {
            let page = page.clone();
            move || page.as_ref().is_none_or(|page| !page.hidden())
        };
        let shown = page.map(|page| {
            let (ask, seen) = (ask.clone(), seen.clone());
            EventListener::new(&page, "visibilitychange", move |_| {
                if seen() {
                    ask();
                }
            })
        });
        let ticks = Interval::new(EVERY, move || {
            if seen() {
                ask();
            }
        });
        move || drop((shown, ticks))
    });
    (*state).clone()
}
