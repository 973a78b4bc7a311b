//! The routes, driven on a real SQLite without a socket, except where the timing of bytes matters. Modules mirror the
//! addresses.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod accounts;
mod admin;
mod auth;
mod base_path;
mod body;
mod documents;
mod engines;
mod fakes;
mod harness;
mod headers;
mod hosts;
mod limits;
mod micro;
mod ocr;
mod openai;
mod openapi;
mod operations;
mod problems;
mod real;
mod socket;
mod users;
mod warnings;
mod web;
