//! Pictures that go back as they came, once a decoder has said that they are pictures.

use std::fs::File;

use inkstream_wire::{DocumentKind, ErrorCode};

use crate::{Error, Result, app::App, documents::Upload, ports::OpenRequest};

/// A picture on its way back.
#[derive(Debug)]
pub struct Echo {
    /// What it is, by its content.
    pub media_type: &'static str,
    /// Its size in bytes.
    pub len: u64,
    /// Its bytes, from the start. Nothing but this keeps them.
    pub file: File,
}

/// Opens an upload as a picture and gives its bytes back; its blob is deleted in any case. `BadRequest` for what is no
/// picture or a broken one; `TooManyPixels` and `TooManyPages` past the limits.
pub async fn image(app: &App, upload: Upload) -> Result<Echo> {
    let opened = open_twice(app, &upload).await;
    let len = upload.bytes;
    // The name goes first: the open files keep the bytes, and leave nothing behind when they are closed.
    upload.discard().await;
    let (judged, file) = opened?;
    let format =
        app.renderer.open(OpenRequest { file: judged, password: None }).await.map_err(as_no_picture)?.info().format;
    match format.kind() {
        DocumentKind::Image => Ok(Echo { media_type: format.media_type(), len, file }),
        DocumentKind::Pdf => Err(no_picture()),
    }
}

/// Once for the decoder and once for the answer, each with a position of its own.
async fn open_twice(app: &App, upload: &Upload) -> Result<(File, File)> {
    Ok((app.blobs.open(upload.blob()).await?, app.blobs.open(upload.blob()).await?))
}

fn as_no_picture(error: Error) -> Error {
    match error.code {
        ErrorCode::UnsupportedMediaType
        | ErrorCode::BrokenDocument
        | ErrorCode::NoPages
        | ErrorCode::PasswordRequired
        | ErrorCode::WrongPassword => no_picture(),
        _ => error,
    }
}

fn no_picture() -> Error {
    Error::new(
        ErrorCode::BadRequest,
        "The file is no sound PNG, JPEG, WebP, TIFF, BMP, GIF, PNM, HEIC, AVIF or JPEG 2000 picture.",
    )
}
