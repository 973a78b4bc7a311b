//! Returns an uploaded image unchanged, once a decoder has accepted it.

use std::fs::File;

use inkstream_wire::{DocumentKind, ErrorCode};

use crate::{
    Error, Result,
    documents::{Documents, Upload},
    ports::OpenRequest,
};

/// An image that is returned.
#[derive(Debug)]
pub struct Echo {
    /// Its media type, by its content.
    pub media_type: &'static str,
    /// Its size in bytes.
    pub len: u64,
    /// Its bytes, from the start. The file is deleted when this handle is closed.
    pub file: File,
}

/// Opens an upload as an image and returns its bytes. Deletes its blob in any case. `BadRequest` if it is not an image or is damaged;
/// `TooManyPixels` and `TooManyPages` above the limits.
pub async fn image(documents: &Documents, upload: Upload) -> Result<Echo> {
    let opened = open_twice(documents, &upload).await;
    let len = upload.bytes;
    // Delete the file now: the open handles keep its bytes until they are closed.
    upload.discard().await;
    let (decoder_file, file) = opened?;
    let format = documents
        .renderer
        .open(OpenRequest { file: decoder_file, password: None })
        .await
        .map_err(as_not_an_image)?
        .info()
        .format;
    match format.kind() {
        DocumentKind::Image => Ok(Echo { media_type: format.media_type(), len, file }),
        DocumentKind::Pdf => Err(not_an_image()),
    }
}

/// Opens the file once for the decoder and once for the response, each with its own position.
async fn open_twice(documents: &Documents, upload: &Upload) -> Result<(File, File)> {
    Ok((documents.blobs.open(upload.blob()).await?, documents.blobs.open(upload.blob()).await?))
}

fn as_not_an_image(error: Error) -> Error {
    match error.code {
        ErrorCode::UnsupportedMediaType
        | ErrorCode::BrokenDocument
        | ErrorCode::NoPages
        | ErrorCode::PasswordRequired
        | ErrorCode::WrongPassword => not_an_image(),
        _ => error,
    }
}

fn not_an_image() -> Error {
    Error::new(
        ErrorCode::BadRequest,
        "The file is no sound PNG, JPEG, WebP, TIFF, BMP, GIF, PNM, HEIC, AVIF or JPEG 2000 image.",
    )
}
