//! Neural networks on the processor: their files, the library that evaluates them, and the orientation of pages. Runs only in children.

mod image;
mod models;
mod orientation;
mod runtime;

pub(crate) use self::{
    image::scaled,
    runtime::{Network, RtenNetwork, Tensor, imagenet, use_one_thread},
};
pub use self::{
    models::{Model, ModelError, Models},
    orientation::{Orientation, turned},
};
