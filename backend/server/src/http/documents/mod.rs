//! Documents: stored, listed, shown, read again, deleted.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod detail;
pub(super) mod list;
pub(super) mod result;
pub(super) mod runs;
