//! For tests and benches alone: a scripted engine, throw-away databases, fixtures. No product crate depends on it.
