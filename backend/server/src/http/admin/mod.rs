//! For admins who have signed in.

pub(super) mod audit;
pub(super) mod engines;
pub(super) mod usage;
pub(super) mod users;
