//! The access token. It lives in this module's memory alone: no storage, no address, no state that is drawn.

use std::{cell::RefCell, rc::Rc};

use inkstream_wire::TokenAnswer;

/// A token that is this near to its end, in milliseconds, is as good as over.
const SLACK: f64 = 5_000.0;

/// What is told of the token to whoever keeps the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// There is a new one, good for so many seconds.
    Granted(u64),
    /// The server gives no new one: the session is over.
    Refused,
}

#[derive(Default)]
struct Kept {
    bearer: Option<String>,
    ends_at: f64,
    listener: Option<Rc<dyn Fn(Told)>>,
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

/// Whether the token's time is over, or nearly.
pub(super) fn worn_out() -> bool {
    KEPT.with_borrow(|kept| kept.bearer.is_some() && js_sys::Date::now() > kept.ends_at - SLACK)
}

/// Takes a new token in.
pub(super) fn keep(answer: TokenAnswer) {
    KEPT.with_borrow_mut(|kept| {
        kept.ends_at = js_sys::Date::now() + answer.expires_in as f64 * 1000.0;
        kept.bearer = Some(answer.access_token.0);
    });
    tell(Told::Granted(answer.expires_in));
}

/// Forgets the token.
pub(crate) fn forget() {
    KEPT.with_borrow_mut(|kept| kept.bearer = None);
}

/// Forgets the token, because the server gives no other.
pub(super) fn refuse() {
    forget();
    tell(Told::Refused);
}

/// Calls `listener` from now on; one listens at a time.
pub(crate) fn listen(listener: impl Fn(Told) + 'static) {
    KEPT.with_borrow_mut(|kept| kept.listener = Some(Rc::new(listener)));
}

fn tell(told: Told) {
    // Outside of the borrow: the listener may ask for the token.
    let listener = KEPT.with_borrow(|kept| kept.listener.clone());
    if let Some(listener) = listener {
        listener(told);
    }
}
