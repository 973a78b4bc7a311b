//! The server as a process: killed, on a full disk, beside a locked database, with another one as its engine,
//! with engines that say what real ones say, and with one that dies.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod full_disk;
mod killed;
mod locked;
mod partial;
mod recorded;
mod server;
mod shared_key;
mod stand_in;
mod two_servers;
