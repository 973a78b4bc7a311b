//! The store and blob ports: SQLite and PostgreSQL, `object_store` on disk.
//!
//! [`connect`] gives a [`Database`], which is the `Store` port on either database; [`DiskBlobs`] is the `Blobs` port.
//! Each method of the store is one transaction, with the same SQL on both databases and nothing else awaited inside.
//!
//! Locks are taken in one order, `runs`, `run_pages`, `pages`, so that transactions wait for one another but never in a
//! ring.

mod blobs;
mod database;
mod documents;
mod fault;
mod ledger;
mod location;
mod migrations;
mod pages;
mod runs;
mod setup;
mod store;
mod words;

pub use blobs::DiskBlobs;
pub use database::{Database, Sole, connect};
pub use migrations::{MigrationState, MigrationStatus};
pub use setup::SetupError;
