//! Pages, each of which fetches its data and passes it to components.

mod account;
mod admin;
mod home;
mod keys;
mod not_found;
mod register;
mod sign_in;
mod usage;
mod workspace;

pub(crate) use account::AccountPage;
pub(crate) use admin::{AdminAudit, AdminEngines, AdminUsage, AdminUsers};
pub(crate) use home::Home;
pub(crate) use keys::KeysPage;
pub(crate) use not_found::NotFound;
pub(crate) use register::Register;
pub(crate) use sign_in::SignIn;
pub(crate) use usage::UsagePage;
pub(crate) use workspace::WorkspacePage;
