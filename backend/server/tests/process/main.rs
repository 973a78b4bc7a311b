//! The server as a process: killed, on a full disk, beside a locked database.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod full_disk;
mod killed;
mod locked;
mod server;
