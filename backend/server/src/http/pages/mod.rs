//! A document's pages: shown, shown with their boxes, corrected.

pub(super) mod annotated;
pub(super) mod correct;
pub(super) mod image;
