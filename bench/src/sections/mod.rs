//! The measurements, with one file for each section.

pub(crate) mod cpu;
pub(crate) mod embedded;
pub(crate) mod first_token;
pub(crate) mod idle;
pub(crate) mod pdf;
pub(crate) mod reading;
pub(crate) mod relay;
pub(crate) mod sign_in;
pub(crate) mod throughput;
