//! The adapter against a scripted engine on a loopback port.
#![cfg(test)]

mod answers;
mod breaks;
mod families;
mod layouts;
mod parameters;
mod profiles;
mod refusals;
mod request;
mod shapes;
mod support;
