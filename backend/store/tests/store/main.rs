//! The store on both databases: every test here is one function that runs on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod api_keys;
mod audit;
mod database;
mod expiry;
mod ledger;
mod migrations;
mod ownership;
mod pages;
mod quotas;
mod runs;
mod server_secrets;
mod sessions;
mod story;
mod summary;
