//! The access token. It is only in this module's memory: not in storage, in URLs or in rendered state.

use std::{cell::RefCell, rc::Rc};

use inkstream_wire::TokenAnswer;

/// A token that expires within this time in milliseconds is treated as expired.
const SLACK: f64 = 5_000.0;

/// A change of the token, for the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenChange {
    /// A new token that is valid for this many seconds.
    Granted(u64),
    /// The server refused a new token: the session has ended.
    Refused,
}

#[derive(Default)]
struct Kept {
    bearer: Option<String>,
    ends_at: f64,
    listener: Option<Rc<dyn Fn(TokenChange)>>,
}

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::default();
}

/// The token, if anyone is signed in.
pub(super) fn bearer() -> Option<String> {
    KEPT.with_borrow(|kept| kept.bearer.clone())
}

/// Whether anyone is signed in.
pub(crate) fn signed_in() -> bool {
    KEPT.with_borrow(|kept| kept.bearer.is_some())
}

/// Whether the token has expired or soon will.
pub(super) fn is_expired() -> bool {
    KEPT.with_borrow(|kept| kept.bearer.is_some() && js_sys::Date::now() > kept.ends_at - SLACK)
}

/// Stores a new token.
pub(super) fn keep(answer: TokenAnswer) {
    KEPT.with_borrow_mut(|kept| {
        kept.ends_at = js_sys::Date::now() + answer.expires_in as f64 * 1000.0;
        kept.bearer = Some(answer.access_token.0);
    });
    tell(TokenChange::Granted(answer.expires_in));
}

pub(crate) fn forget() {
    KEPT.with_borrow_mut(|kept| kept.bearer = None);
}

/// Forgets the token because the server refused to renew it.
pub(super) fn refuse() {
    forget();
    tell(TokenChange::Refused);
}

/// Sets the listener for changes. There is one at a time.
pub(crate) fn listen(listener: impl Fn(TokenChange) + 'static) {
    KEPT.with_borrow_mut(|kept| kept.listener = Some(Rc::new(listener)));
}

fn tell(told: TokenChange) {
    // Do not hold the borrow, because the listener may ask for the token.
    let listener = KEPT.with_borrow(|kept| kept.listener.clone());
    if let Some(listener) = listener {
        listener(told);
    }
}
