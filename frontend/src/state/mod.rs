//! The app's state as plain values and pure functions, independent of the browser.

mod chart;
mod choices;
mod content_view;
mod credentials;
mod day;
mod engine;
mod explain;
mod export;
mod failure;
#[cfg(test)]
pub(crate) mod fixtures;
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
mod theme;
mod toasts;
mod workspace;

pub(crate) use chart::{Bar, Chart, DAYS};
pub(crate) use choices::{Choices, Gap, language_choices};
pub(crate) use content_view::{
    BlockView, BlockViewKind, CellView, ContentView, ItemView, Piece, Run, RunStyle, TableView,
};
pub(crate) use credentials::{NAME_MAX, PASSWORD_MAX, PASSWORD_MIN, wrong_name, wrong_password};
pub(crate) use day::Day;
#[cfg(test)]
pub(crate) use engine::engine_with;
pub(crate) use engine::{
    able, another, attempt_words, engine_name, fallback_words, model_name, reason_words, size_name, standing,
    takes_pages, task_name, way_out,
};
pub(crate) use explain::{
    Explanation, Reached, Remedy, explain, explain_page, happened, in_words, may_be_stored, refusal, unopenable,
};
pub(crate) use export::{Export, annotated_name, export, plain_text, result_name};
pub(crate) use failure::Failure;
pub(crate) use format::{ago, bytes, cost, count, counted, language_name, resolution};
pub(crate) use json::json;
pub(crate) use keys::{Lifetime, curl, scope_list, scope_name, scope_words};
pub(crate) use lock::Lock;
pub(crate) use meter::{Fill, gauge, metered, parse_quota, quota_words};
pub(crate) use pace::{Pace, span};
pub(crate) use page::{Content, ImageAddress, PageFacts, PageState};
pub(crate) use paged::{Paged, PagedAction, Rest};
pub(crate) use range::pages_in;
pub(crate) use requests::{Newest, NumberedRequest, PendingRequest};
pub(crate) use session::{Access, Need, Note, Session, SessionAction, renew_in};
pub(crate) use sniff::{SNIFF_BYTES, sniff};
pub(crate) use theme::Theme;
pub(crate) use toasts::{Deletion, Toast, ToastAction, Toasts};
pub(crate) use workspace::{Action, Phase, Workspace};
