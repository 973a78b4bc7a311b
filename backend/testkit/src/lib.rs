//! Support for tests and benchmarks: a scripted engine, temporary databases, fixtures. No product crate depends on it.

pub mod engine;
pub mod fixtures;
pub mod postgres;
