//! Multipart uploads: the file goes straight to a blob, its bytes are never in memory together.

mod disposition;
mod form;
mod paced;

pub(super) use form::{Form, read};
