//! Looks: components that draw what they are given.

mod account_menu;
mod choices;
mod document_list;
mod drop_overlay;
mod field;
mod figures;
mod form_end;
mod icon;
mod intake;
mod key_list;
mod ledger;
mod menu;
mod meter_bar;
mod notice;
mod page_text;
mod password_form;
mod picture;
mod progress;
mod shell;
mod shortcuts;
#[cfg(test)]
#[cfg(target_arch = "wasm32")]
pub(crate) mod stage;
mod strip;
mod tabs;
mod toast_list;
mod usage_chart;
mod usage_groups;
mod views;

pub(crate) use account_menu::AccountMenu;
pub(crate) use choices::ChoiceBar;
pub(crate) use document_list::DocumentList;
pub(crate) use drop_overlay::DropOverlay;
pub(crate) use field::Field;
pub(crate) use figures::Figures;
pub(crate) use form_end::FormEnd;
pub(crate) use icon::{Glyph, Icon};
pub(crate) use intake::Intake;
pub(crate) use key_list::KeyList;
pub(crate) use ledger::{LedgerTable, More};
pub(crate) use menu::Menu;
pub(crate) use meter_bar::MeterBar;
pub(crate) use notice::Notice;
pub(crate) use page_text::PageText;
pub(crate) use password_form::PasswordForm;
pub(crate) use picture::Picture;
pub(crate) use progress::Progress;
pub(crate) use shell::Shell;
pub(crate) use shortcuts::Shortcuts;
pub(crate) use strip::{Strip, StripPage, THUMBNAIL};
pub(crate) use tabs::Tabs;
pub(crate) use toast_list::ToastList;
pub(crate) use usage_chart::UsageChart;
pub(crate) use usage_groups::UsageGroups;
pub(crate) use views::{TextView, ViewTabs};
