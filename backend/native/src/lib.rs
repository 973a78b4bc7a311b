//! Renders documents and recognizes pages in sandboxed child processes, with PDFium, image decoders and the embedded
//! engines.
//!
//! None of these libraries runs in the server, because they parse untrusted bytes, abort on some, and cannot be
//! interrupted. The server's side is [`Native`], which implements two ports of the domain. The child's side is
//! [`worker_main`], in the same binary. `docs/decisions` gives the reasons.

mod calibration;
mod checks;
mod children;
mod config;
pub mod decode;
mod engines;
mod memfd;
mod native;
pub mod neural;
pub mod ppocr;
pub mod protocol;
pub mod recognized;
mod renderer;
pub mod sandbox;
pub mod script;
mod tables;
pub mod tesseract;
mod worker;

pub use config::NativeConfig;
pub use engines::embedded_engines;
pub use native::{Native, StartError};
pub use sandbox::{SandboxReport, sandbox_report};
pub use worker::worker_main;
