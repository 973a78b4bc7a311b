//! Places on a page: in the image whose `width` and `height` stand on `page_start` (on `start` for a single picture).

pub use inkstream_content::{BoundingBox as PixelBox, BoxKind, TextBox};
