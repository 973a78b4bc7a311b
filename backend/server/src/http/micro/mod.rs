//! The micro-service's dialect: one picture in, one answer out, nothing kept.

pub(super) mod echo;
pub(super) mod read;
