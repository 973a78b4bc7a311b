//! What joins pages to the browser and the network.

mod clipboard;
mod drop;
mod feed;
mod fetched;
mod health;
mod keys;
mod reader;
mod theme;
mod toasts;

pub(crate) use clipboard::{copy, download};
pub(crate) use drop::{files, use_files};
pub(crate) use fetched::{Fetched, use_fetched};
pub(crate) use health::{Engines, EnginesProvider};
pub(crate) use keys::{Key, use_keys};
pub(crate) use reader::{Reader, ReaderProvider, close, load, read_missing, retry, stop, take, try_sample};
pub(crate) use theme::use_theme;
pub(crate) use toasts::{ToastState, ToastStore, ToastsProvider, let_go};
