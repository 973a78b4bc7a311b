//! The app's state as plain values and pure functions, independent of the browser.

mod blocks;
mod chart;
mod choices;
mod credentials;
mod day;
mod engine;
mod explain;
mod export;
mod failure;
mod format;
mod json;
mod keys;
mod lock;
mod meter;
mod pace;
mod page;
mod paged;
mod range;
mod requests;
mod session;
mod sniff;
mod text_alignment;
mod theme;
mod toasts;
mod workspace;

pub(crate) use blocks::{Block, blocks};
pub(crate) use chart::{Bar, Chart, DAYS};
pub(crate) use choices::{Choices, Gap};
pub(crate) use credentials::{NAME_MAX, PASSWORD_MAX, PASSWORD_MIN, wrong_name, wrong_password};
pub(crate) use day::Day;
#[cfg(test)]
pub(crate) use engine::engine_with;
pub(crate) use engine::{
    able, another, attempt_words, fallback_words, model_name, reason_words, size_name, standing, takes_pages,
    task_name, way_out,
};
pub(crate) use explain::{
    Explanation, Reached, Remedy, explain, explain_page, happened, in_words, may_be_stored, refusal, unopenable,
};
pub(crate) use export::{Export, annotated_name, export};
pub(crate) use failure::Failure;
pub(crate) use format::{ago, bytes, cost, count, counted, language_name};
pub(crate) use json::json;
pub(crate) use keys::{Lifetime, curl, scope_list, scope_name, scope_words};
pub(crate) use lock::Lock;
pub(crate) use meter::{Fill, gauge, metered, parse_quota, quota_words};
pub(crate) use pace::{Pace, span};
pub(crate) use page::PageState;
pub(crate) use paged::{Paged, PagedAction, Rest};
pub(crate) use range::pages_in;
pub(crate) use requests::{Newest, NumberedRequest, PendingRequest};
pub(crate) use session::{Access, Need, Note, Session, SessionAction, renew_in};
pub(crate) use sniff::{SNIFF_BYTES, sniff};
pub(crate) use text_alignment::{AlignedRange, Mark, aligned_ranges, marks};
pub(crate) use theme::Theme;
pub(crate) use toasts::{Deletion, Toast, ToastAction, Toasts};
pub(crate) use workspace::{Action, Phase, Workspace};
