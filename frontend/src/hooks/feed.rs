//! Collects a stream's events and applies them once per animation frame.

use std::{cell::RefCell, rc::Rc};

use gloo_render::{AnimationFrame, request_animation_frame};
use gloo_timers::callback::Timeout;
use inkstream_wire::OcrEvent;

use crate::{
    hooks::WorkspaceStore,
    state::{Action, Failure},
};

/// The interval in milliseconds at which events are applied in a hidden tab, which gets no animation frames.
const HIDDEN_INTERVAL: u32 = 500;

/// Passes the events of one stream to the store. After it is closed it drops them, so that an ended run cannot overwrite the next.
#[derive(Clone)]
pub(super) struct Feed(Rc<RefCell<Inner>>);

struct Inner {
    store: Option<WorkspaceStore>,
    pending: Vec<OcrEvent>,
    scheduled: Option<Tick>,
}

#[expect(dead_code, reason = "held because dropping a tick cancels it")]
enum Tick {
    Frame(AnimationFrame),
    Timer(Timeout),
}

impl Feed {
    /// An open feed into `store`.
    pub(super) fn new(store: WorkspaceStore) -> Self {
        Self(Rc::new(RefCell::new(Inner { store: Some(store), pending: Vec::new(), scheduled: None })))
    }

    /// Collects events for the next frame.
    pub(super) fn push(&self, events: Vec<OcrEvent>) {
        if events.is_empty() {
            return;
        }
        let mut inner = self.0.borrow_mut();
        inner.pending.extend(events);
        if inner.scheduled.is_none() {
            let feed = self.clone();
            let hidden = web_sys::window().and_then(|window| window.document()).is_some_and(|page| page.hidden());
            inner.scheduled = Some(if hidden {
                Tick::Timer(Timeout::new(HIDDEN_INTERVAL, move || feed.flush()))
            } else {
                Tick::Frame(request_animation_frame(move |_| feed.flush()))
            });
        }
    }

    /// The upload is complete.
    pub(super) fn sent(&self) {
        self.dispatch(Action::Sent);
    }

    /// The stream has ended: applies pending events, then its end.
    pub(super) fn finish(&self, ended: Result<(), Failure>) {
        self.flush();
        let action = match ended {
            Ok(()) => Action::StreamOver,
            Err(failure) => Action::Fail(failure),
        };
        self.dispatch(action);
        self.close();
    }

    /// Applies pending events and drops all later ones.
    pub(super) fn close(&self) {
        self.flush();
        self.0.borrow_mut().store = None;
    }

    fn flush(&self) {
        let events = {
            let mut inner = self.0.borrow_mut();
            inner.scheduled = None;
            std::mem::take(&mut inner.pending)
        };
        if !events.is_empty() {
            self.dispatch(Action::Events { events, at: now() });
        }
    }

    fn dispatch(&self, action: Action) {
        let store = self.0.borrow().store.clone();
        if let Some(store) = store {
            store.dispatch(action);
        }
    }
}

/// Milliseconds of the page's monotonic clock.
fn now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}
