//! A document's pages: their content, their image, the same with boxes, corrections.

pub(super) mod annotated;
pub(super) mod correct;
pub(super) mod detail;
pub(super) mod image;
