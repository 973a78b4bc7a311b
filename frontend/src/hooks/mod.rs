//! Hooks that connect pages to the browser and the network.

mod clipboard;
mod drop;
mod feed;
mod fetched;
mod form;
mod health;
mod highlight;
mod image;
mod keys;
mod object_url;
mod paged;
mod polled;
mod reader;
mod seen;
mod session;
mod store;
mod theme;
mod toasts;

pub(crate) use clipboard::{copy, download, save};
pub(crate) use drop::{files, use_files};
pub(crate) use fetched::{Fetched, use_fetched, use_fetched_for};
pub(crate) use form::{Form, use_form};
pub(crate) use health::{Engines, EnginesProvider, Known};
pub(crate) use highlight::{Highlight, Side, region_at, reveal, use_highlight};
pub(crate) use image::{ImageSource, ImageState, use_image};
pub(crate) use keys::{Key, use_keys};
pub(crate) use object_url::ObjectUrl;
pub(crate) use paged::use_paged;
pub(crate) use polled::use_polled;
pub(crate) use reader::{
    Reader, ReaderProvider, able_engine, annotated, another_engine, ask_pages, close, load, load_contents,
    new_addresses, read, read_missing, retry, stop, stored_result, switch, take, try_sample, unlock, with_contents,
};
pub(crate) use seen::use_seen;
pub(crate) use session::{SessionProvider, SessionStore, change_password, deleted, sign_in, use_sign_out};
#[cfg(test)]
#[cfg(target_arch = "wasm32")]
pub(crate) use store::renders;
pub(crate) use store::{WorkspaceStore, use_selector};
pub(crate) use theme::use_theme;
pub(crate) use toasts::{ToastState, ToastStore, ToastsProvider, close_toast, execute_deletions};
