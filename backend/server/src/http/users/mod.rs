//! The caller: account, keys and ledger.

pub(super) mod api_keys;
pub(super) mod me;
pub(super) mod usage;
