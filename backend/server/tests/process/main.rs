//! The server as a process: killed, on a full disk, with a locked database, with another server as its engine, with recorded
//! answers of real engines, and with an engine that dies.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fallback;
mod full_disk;
mod killed;
mod locked;
mod partial;
mod recorded;
mod server;
mod shared_key;
mod two_servers;
