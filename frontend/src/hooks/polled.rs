//! Data that is fetched periodically while the page is visible.

use std::{future::Future, rc::Rc};

use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::Fetched;
use crate::state::{Failure, PendingRequest};

/// The interval in milliseconds.
const INTERVAL: u32 = 15_000;

/// Fetches with `fetch` when the component is mounted, periodically, when the page becomes visible, and on demand. Data stays until new
/// data arrives.
#[hook]
pub(crate) fn use_polled<T, F>(fetch: fn() -> F) -> (Rc<Fetched<T>>, Callback<()>)
where
    T: PartialEq + 'static,
    F: Future<Output = Result<T, Failure>> + 'static,
{
    let state = use_state_eq(|| Rc::new(Fetched::Loading));
    let here = use_mut_ref(|| false);
    let asking = use_mut_ref(PendingRequest::default);
    let ask = use_callback(state.setter(), move |(), setter| {
        if !asking.borrow_mut().ask() {
            return;
        }
        let (setter, here, asking) = (setter.clone(), here.clone(), asking.clone());
        spawn_local(async move {
            loop {
                let answer = fetch().await;
                match answer {
                    Ok(value) => {
                        *here.borrow_mut() = true;
                        setter.set(Rc::new(Fetched::Here(value)));
                    }
                    Err(failure) if !*here.borrow() => setter.set(Rc::new(Fetched::Failed(failure))),
                    Err(_) => {}
                }
                if !asking.borrow_mut().answered() {
                    break;
                }
            }
        });
    });
    use_effect_with(ask.clone(), |ask| {
        let ask = ask.clone();
        ask.emit(());
        let page = web_sys::window().and_then(|window| window.document());
        let seen = {
            let page = page.clone();
            move || page.as_ref().is_none_or(|page| !page.hidden())
        };
        let shown = page.map(|page| {
            let (ask, seen) = (ask.clone(), seen.clone());
            EventListener::new(&page, "visibilitychange", move |_| {
                if seen() {
                    ask.emit(());
                }
            })
        });
        let ticks = Interval::new(INTERVAL, move || {
            if seen() {
                ask.emit(());
            }
        });
        move || drop((shown, ticks))
    });
    ((*state).clone(), ask)
}
