//! Pages own data: each fetches what it shows and hands it to components.

mod home;
mod not_found;
mod usage;
mod workspace;

pub(crate) use home::Home;
pub(crate) use not_found::NotFound;
pub(crate) use usage::UsagePage;
pub(crate) use workspace::WorkspacePage;
