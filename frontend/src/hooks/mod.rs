//! Hooks that connect pages to the browser and the network.

mod clipboard;
mod drop;
mod feed;
mod fetched;
mod form;
mod health;
mod keys;
mod lit;
mod object_url;
mod paged;
mod picture;
mod polled;
mod reader;
mod seen;
mod session;
mod theme;
mod toasts;

pub(crate) use clipboard::{copy, download, save};
pub(crate) use drop::{files, use_files};
pub(crate) use fetched::{Fetched, use_fetched, use_fetched_for};
pub(crate) use form::{Form, use_form};
pub(crate) use health::{Engines, EnginesProvider, Known};
pub(crate) use keys::{Key, use_keys};
pub(crate) use lit::{Lit, Pane, mark_at, reveal, use_lit};
pub(crate) use object_url::ObjectUrl;
pub(crate) use paged::use_paged;
pub(crate) use picture::{Shown, Source, use_picture};
pub(crate) use polled::use_polled;
pub(crate) use reader::{
    Reader, ReaderProvider, able_engine, annotated, another_engine, ask_pages, close, load, new_addresses, read,
    read_missing, retry, stop, switch, take, try_sample, unlock,
};
pub(crate) use seen::use_seen;
pub(crate) use session::{SessionProvider, SessionStore, change_password, deleted, sign_in, use_sign_out};
pub(crate) use theme::use_theme;
pub(crate) use toasts::{ToastState, ToastStore, ToastsProvider, close_toast, execute_deletions};
