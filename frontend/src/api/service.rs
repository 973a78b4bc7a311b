//! The service's health, and the app's sample.

use inkstream_wire::{Health, routes};
use js_sys::{Array, Uint8Array};
use web_sys::{File, FilePropertyBag};

use super::{call::Call, call::get};
use crate::state::Failure;

pub(crate) async fn health() -> Result<Health, Failure> {
    get(routes::HEALTH).await
}

/// The sample page as a file.
pub(crate) async fn sample() -> Result<File, Failure> {
    let response = Call::get("/sample.png").once(None).await?;
    let bytes = response.binary().await.map_err(|_| Failure::Broken)?;
    let options = FilePropertyBag::new();
    options.set_type("image/png");
    let parts = Array::of1(&Uint8Array::from(bytes.as_slice()));
    File::new_with_u8_array_sequence_and_options(&parts, "sample.png", &options).map_err(|_| Failure::Broken)
}
