//! The only part of the app that talks to the network.

mod answer;
mod documents;
mod form;
mod service;
mod stream;

pub(crate) use documents::{delete, document, documents, store};
pub(crate) use service::{health, sample, usage, usage_summary};
pub(crate) use stream::{read_file, read_stored};
