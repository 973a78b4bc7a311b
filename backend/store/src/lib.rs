//! The store and blob ports: SQLite and PostgreSQL, `object_store` on disk.
//!
//! [`connect`] returns a [`Database`], which implements the ports of documents, runs, usage and accounts on either database, each in
//! the module of its noun. [`DiskBlobs`] implements the `Blobs` port.
//!
//! Each method of a port is one transaction, with the same SQL on both databases. Nothing else is awaited inside
//! it, so that a transaction never holds its locks while it waits for a network or a disk.
//!
//! Every transaction takes locks in this order, so that no two can deadlock: `locks`, `users`, `runs`,
//! `run_pages`, `documents`, `pages`, `sessions`, `refresh_tokens`, `api_keys`, `user_months`, `usage_days`. A transaction
//! that locks `server_secrets` locks nothing else. A transaction that holds a run's row may lock its `run_pages` at any time,
//! because no other transaction does.

mod api_keys;
mod audit;
mod blobs;
mod columns;
mod counters;
mod database;
mod documents;
mod error;
mod ledger;
mod location;
mod migrations;
mod page_content;
mod pages;
mod passwords;
mod retention;
mod run_pages;
mod runs;
mod server_secrets;
mod sessions;
mod setup;
mod store;
mod usage_meters;
mod users;

pub use blobs::DiskBlobs;
pub use database::{Database, ExclusiveLock, connect, is_missing};
pub use migrations::{MigrationState, MigrationStatus};
pub use setup::SetupError;
