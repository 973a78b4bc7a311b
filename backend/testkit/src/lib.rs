//! For tests and benches alone: a scripted engine, throw-away databases, fixtures. No product crate depends on it.

pub mod engine;
pub mod fixtures;
pub mod postgres;
