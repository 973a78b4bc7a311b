//! Looks: components that draw what they are given.

mod choices;
mod document_list;
mod drop_overlay;
mod icon;
mod intake;
mod menu;
mod notice;
mod page_text;
mod picture;
mod progress;
mod shell;
mod shortcuts;
mod strip;
mod toast_list;
mod views;

pub(crate) use choices::ChoiceBar;
pub(crate) use document_list::DocumentList;
pub(crate) use drop_overlay::DropOverlay;
pub(crate) use icon::{Glyph, Icon};
pub(crate) use intake::Intake;
pub(crate) use menu::Menu;
pub(crate) use notice::Notice;
pub(crate) use page_text::PageText;
pub(crate) use picture::Picture;
pub(crate) use progress::Progress;
pub(crate) use shell::Shell;
pub(crate) use shortcuts::Shortcuts;
pub(crate) use strip::{Strip, StripPage, THUMBNAIL};
pub(crate) use toast_list::ToastList;
pub(crate) use views::{TextView, ViewTabs};
