//! The server's side, by way of real children.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod deaths;
mod languages;
mod neural;
mod pages;
mod parent;
