//! The store and blob ports: SQLite and PostgreSQL, `object_store` on disk.
//!
//! [`connect`] gives a [`Database`], which is the `Store` and the `AccountStore` port on either database; [`DiskBlobs`] is
//! the `Blobs` port.
//! Each method of the store is one transaction, with the same SQL on both databases and nothing else awaited inside.
//!
//! Locks are taken in one order, so that transactions wait for one another but never in a ring: `locks`, `users`, `runs`,
//! `run_pages`, `documents`, `pages`, `sessions`, `refresh_tokens`, `api_keys`, `user_months`, `usage_days`; `server_secrets`
//! alone. Who holds a run's row may take its `run_pages` at any time: nobody else does.

mod account_store;
mod accounts;
mod audit;
mod blobs;
mod columns;
mod database;
mod documents;
mod error;
mod keys;
mod ledger;
mod location;
mod migrations;
mod page_content;
mod pages;
mod retention;
mod runs;
mod server_secrets;
mod sessions;
mod setup;
mod store;
mod summary;
mod usage_meters;
mod users;

pub use blobs::DiskBlobs;
pub use database::{Database, ExclusiveLock, connect, is_missing};
pub use migrations::{MigrationState, MigrationStatus};
pub use setup::SetupError;
