//! What the app knows, as plain values and pure functions. Nothing here touches the browser.

mod blocks;
mod choices;
mod explain;
mod export;
mod failure;
mod format;
mod json;
mod pace;
mod page;
mod range;
mod sniff;
mod theme;
mod toasts;
mod workspace;

pub(crate) use blocks::{Block, blocks};
pub(crate) use choices::Choices;
pub(crate) use explain::{Explanation, Reached, Remedy, explain, explain_page};
pub(crate) use export::{Export, export};
pub(crate) use failure::Failure;
pub(crate) use format::{ago, bytes, count, counted, language_name};
pub(crate) use json::json;
pub(crate) use pace::Pace;
pub(crate) use page::PageState;
pub(crate) use range::pages_in;
pub(crate) use sniff::{SNIFF_BYTES, sniff};
pub(crate) use theme::Theme;
pub(crate) use toasts::{Toast, ToastAction, Toasts};
pub(crate) use workspace::{Action, Phase, Workspace};
