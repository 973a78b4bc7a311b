//! The store on both databases: every test here is one function that runs on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod audit;
mod database;
mod expiry;
mod keys;
mod ledger;
mod migrations;
mod ownership;
mod quotas;
mod runs;
mod server_secrets;
mod sessions;
mod story;
mod summary;
