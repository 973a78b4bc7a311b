//! The session. It is above everything that belongs to one user, renews the token, and follows other tabs.

use std::{cell::RefCell, rc::Rc};

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use inkstream_wire::{Account, PasswordChange, Secret};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, MessageEvent, PageTransitionEvent, Storage};
use yew::prelude::*;

use super::{ToastStore, execute_deletions};
use crate::{
    api::{self, TokenChange},
    state::{Failure, Note, Session, SessionAction, ToastAction, renew_in},
};

/// The channel on which tabs announce signing in and out.
const CHANNEL: &str = "inkstream-session";
/// The storage key that tells that a user is signed in with this browser. Its value is not a token.
const HINT: &str = "inkstream-signed-in";
/// The delay before a retry if the server cannot be reached, in milliseconds.
const RETRY_DELAY: u32 = 30_000;

/// The session as a reducer.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct SessionState(pub(crate) Session);

impl Reducible for SessionState {
    type Action = SessionAction;

    fn reduce(self: Rc<Self>, action: SessionAction) -> Rc<Self> {
        Rc::new(Self(self.0.clone().after(action)))
    }
}

type Dispatcher = UseReducerDispatcher<SessionState>;

/// The session, for every component below [`SessionProvider`].
#[derive(Clone, PartialEq)]
pub(crate) struct SessionStore {
    store: UseReducerHandle<SessionState>,
    tabs: Rc<Option<BroadcastChannel>>,
}

impl SessionStore {
    /// The session's state.
    pub(crate) fn session(&self) -> &Session {
        &self.store.0
    }

    /// Clears the note after the sign-in page has shown it.
    pub(crate) fn note_read(&self) {
        self.store.dispatch(SessionAction::Read);
    }

    /// Updates the account.
    pub(crate) fn learn(&self, account: Account) {
        self.store.dispatch(SessionAction::Known(Box::new(account)));
    }

    fn tell(&self, word: &str) {
        if let Some(tabs) = &*self.tabs {
            // Tabs that miss the message notice it at the server's next answer.
            let _ = tabs.post_message(&word.into());
        }
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) children: Html,
}

/// Fetches the session and keeps it current.
#[component]
pub(crate) fn SessionProvider(props: &Props) -> Html {
    let store = use_reducer(SessionState::default);
    let tabs = use_memo((), |()| BroadcastChannel::new(CHANNEL).ok());
    use_effect_with((), {
        let (store, tabs) = (store.dispatcher(), tabs.clone());
        move |()| {
            listen(store.clone());
            let heard = (*tabs).as_ref().map(|tabs| hear(tabs, store.clone()));
            let shown = web_sys::window().map(|window| EventListener::new(&window, "pageshow", restored));
            spawn_local(start(store));
            move || drop((heard, shown))
        }
    });
    let context = SessionStore { store, tabs };
    html! { <ContextProvider<SessionStore> {context}>{ props.children.clone() }</ContextProvider<SessionStore>> }
}

/// Signs in, here and in every other tab.
pub(crate) async fn sign_in(session: &SessionStore, username: &str, password: &Secret) -> Result<(), Failure> {
    api::sign_in(username, password).await?;
    match api::me().await {
        Ok(account) => {
            remember(true);
            session.store.dispatch(SessionAction::In(Box::new(account)));
            session.tell("in");
            Ok(())
        }
        Err(failure) => {
            api::forget();
            Err(failure)
        }
    }
}

/// Signs out, here and in every other tab.
pub(crate) async fn sign_out(session: &SessionStore) -> Result<(), Failure> {
    api::sign_out().await?;
    over(session, Note::SignedOut);
    Ok(())
}

/// Changes the password and signs in again with the new one.
pub(crate) async fn change_password(session: &SessionStore, change: &PasswordChange) -> Result<(), Failure> {
    let Some(account) = session.session().account() else { return Err(Failure::Answer(401)) };
    api::change_password(&account.user.username, change).await
}

/// Ends the session after the account was deleted.
pub(crate) fn deleted(session: &SessionStore) {
    over(session, Note::Deleted);
}

fn over(session: &SessionStore, note: Note) {
    remember(false);
    session.store.dispatch(SessionAction::Over(note));
    session.tell("out");
}

async fn start(store: Dispatcher) {
    let settings = api::settings().await.unwrap_or_default();
    let worth_asking = settings.auth_enabled || remembered();
    store.dispatch(SessionAction::Settings(settings));
    if worth_asking && api::renew(None).await.is_ok() {
        fetch_account(store).await;
    } else {
        store.dispatch(SessionAction::Out);
    }
}

/// Fetches the account of a new token.
async fn fetch_account(store: Dispatcher) {
    match api::me().await {
        // Ignore it if another tab has signed out meanwhile.
        Ok(account) if api::signed_in() => {
            remember(true);
            store.dispatch(SessionAction::In(Box::new(account)));
        }
        _ => {
            api::forget();
            store.dispatch(SessionAction::Out);
        }
    }
}

/// Renews the token before it expires, and ends the session if the server refuses.
fn listen(store: Dispatcher) {
    let timer = Rc::new(RefCell::new(None));
    api::listen(move |told| match told {
        TokenChange::Granted(seconds) => renew_after(&timer, renew_in(seconds)),
        TokenChange::Refused => {
            timer.take();
            remember(false);
            store.dispatch(SessionAction::Over(Note::Ended));
        }
    });
}

fn renew_after(timer: &Rc<RefCell<Option<Timeout>>>, milliseconds: u32) {
    let next = timer.clone();
    let timeout = Timeout::new(milliseconds, move || {
        spawn_local(async move {
            // The listener handles a refusal. Retry after other failures.
            if api::signed_in() && api::renew_now().await.is_err() && api::signed_in() {
                renew_after(&next, RETRY_DELAY);
            }
        });
    });
    timer.replace(Some(timeout));
}

fn hear(tabs: &BroadcastChannel, store: Dispatcher) -> EventListener {
    EventListener::new(tabs, "message", move |event| {
        let word = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
        let store = store.clone();
        match word.as_deref() {
            Some("in") => spawn_local(async move {
                if api::renew_now().await.is_ok() {
                    fetch_account(store).await;
                }
            }),
            Some("out") => {
                api::forget();
                store.dispatch(SessionAction::Over(Note::SignedOut));
            }
            _ => {}
        }
    })
}

/// Reloads a page from the back-forward cache, because its user may have signed out meanwhile.
fn restored(event: &web_sys::Event) {
    let persisted = event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted);
    if persisted
        && api::signed_in()
        && let Some(window) = web_sys::window()
    {
        // If reloading fails, the page's next request is refused.
        let _ = window.location().reload();
    }
}

fn storage() -> Option<Storage> {
    // Browsers may refuse storage. The server is asked then.
    web_sys::window().and_then(|window| window.local_storage().ok()).flatten()
}

fn remembered() -> bool {
    storage().and_then(|storage| storage.get_item(HINT).ok()).flatten().is_some()
}

fn remember(signed_in: bool) {
    if let Some(storage) = storage() {
        let _ = if signed_in { storage.set_item(HINT, "yes") } else { storage.remove_item(HINT) };
    }
}

/// Signs out after pending deletions.
#[hook]
pub(crate) fn use_sign_out() -> Callback<MouseEvent> {
    let (session, toasts) = (use_context::<SessionStore>(), use_context::<ToastStore>());
    Callback::from(move |_| {
        let (Some(session), Some(toasts)) = (session.clone(), toasts.clone()) else { return };
        spawn_local(async move {
            execute_deletions(&toasts).await;
            if sign_out(&session).await.is_err() {
                let said = "The server could not be told. You are still signed in; try again in a moment.";
                toasts.dispatch(ToastAction::Say(said.to_owned()));
            }
        });
    })
}
