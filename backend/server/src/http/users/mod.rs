//! The caller and the caller's ledger.

pub(super) mod me;
pub(super) mod usage;
pub(super) mod usage_summary;
