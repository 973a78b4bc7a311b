//! A document's pages: shown, corrected.

pub(super) mod correct;
pub(super) mod image;
