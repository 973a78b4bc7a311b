//! Multipart uploads: the file goes straight to a blob, its bytes are never in memory together.

mod disposition;
mod encoding;
mod paced;

use axum::extract::Request;
use futures::{StreamExt, TryStreamExt};
use http::{HeaderMap, header};
use inkstream_core::{
    Error, Result,
    documents::{self, Documents, Upload},
};
use inkstream_wire::ErrorCode;
use multer::{Field, Multipart};

use self::{
    disposition::Disposition,
    paced::{Endless, Paced, Progress},
};
use super::{
    body::BodyFailure,
    options::{OptionFields, RawRunOptions},
};

/// Parts of one form. The API knows fourteen fields.
const MAX_PARTS: usize = 32;
/// Largest text field, in bytes.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// An upload with its options.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) upload: Upload,
    pub(super) asked: RawRunOptions,
}

/// Reads a form to its end: `file` once, options before or after it, other fields ignored. On an error the file's blob is
/// deleted.
pub(super) async fn read(documents: &Documents, request: Request) -> Result<Form> {
    let boundary = boundary(request.headers())?;
    let (body, progress) = Paced::new(request.into_body().into_data_stream());
    let mut upload = None;
    match read_parts(documents, Multipart::new(body, boundary), &progress, &mut upload).await {
        Ok(asked) => match upload {
            Some(upload) => Ok(Form { upload, asked }),
            None => Err(Error::new(ErrorCode::MissingFile, "The form has no field `file` with a file in it.")),
        },
        Err(error) => {
            if let Some(upload) = upload {
                upload.discard().await;
            }
            Err(error)
        }
    }
}

fn boundary(headers: &HeaderMap) -> Result<String> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    multer::parse_boundary(content_type).map_err(|error| match error {
        multer::Error::NoBoundary => bad_request("The content-type names no boundary between the form's parts."),
        _ => bad_request("Send the file in a form: multipart/form-data, field `file`."),
    })
}

async fn read_parts(
    documents: &Documents,
    mut multipart: Multipart<'_>,
    progress: &Progress,
    upload: &mut Option<Upload>,
) -> Result<RawRunOptions> {
    let mut options = OptionFields::default();
    let mut count = 0;
    while let Some(field) = multipart.next_field().await.map_err(map_error)? {
        progress.made();
        count += 1;
        if count > MAX_PARTS {
            return Err(bad_request("The form has too many parts."));
        }
        let disposition = field.headers().get(header::CONTENT_DISPOSITION);
        let Disposition { name, file_name } =
            disposition.map(|value| Disposition::parse(value.as_bytes())).unwrap_or_default();
        match (name.as_deref(), file_name.is_some() || declares_file(field.headers())) {
            (Some("file"), true) if upload.is_none() => {
                *upload = Some(receive(documents, file_name.as_deref(), field, progress).await?);
            }
            (Some("file"), true) => return Err(bad_request("The form has more than one file; send one a request.")),
            (Some("file"), false) => {
                return Err(Error::new(ErrorCode::MissingFile, "The field `file` holds a text, not a file."));
            }
            (Some(name), false) => options.take(name, &read_text(field, progress).await?)?,
            _ => skip(field, progress).await?,
        }
    }
    options.finish()
}

/// Whether a part without a file name is a file, judged by its media type. The file name is optional (RFC 7578, 4.2).
fn declares_file(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("text/plain");
    let kind = kind.trim_start().to_ascii_lowercase();
    ["image/", "application/pdf", "application/octet-stream"].iter().any(|file| kind.starts_with(file))
}

async fn receive(documents: &Documents, name: Option<&str>, field: Field<'_>, progress: &Progress) -> Result<Upload> {
    let progress = progress.clone();
    documents::receive(documents, name, field.inspect_ok(move |_| progress.made()).map_err(map_error)).await
}

async fn read_text(mut field: Field<'_>, progress: &Progress) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(map_error)? {
        progress.made();
        if bytes.len() + chunk.len() > MAX_TEXT_BYTES {
            return Err(bad_request("A text field of the form is too long."));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| bad_request("A text field of the form is not UTF-8."))
}

async fn skip(mut field: Field<'_>, progress: &Progress) -> Result<()> {
    while let Some(chunk) = field.next().await {
        chunk.map_err(map_error)?;
        progress.made();
    }
    Ok(())
}

/// Maps multer's errors to our messages. Its own may repeat what the client sent.
fn map_error(error: multer::Error) -> Error {
    if let Some(failure) = cause(&error).and_then(BodyFailure::find) {
        return failure.error();
    }
    match error {
        multer::Error::StreamReadFailed(cause) if cause.is::<Endless>() => {
            bad_request("The form's parts cannot be found: its boundary is missing or its headers do not end.")
        }
        multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteStream
        | multer::Error::StreamReadFailed(_) => bad_request("The form broke off before its end."),
        _ => bad_request("The form is malformed."),
    }
}

fn cause(error: &multer::Error) -> Option<&(dyn std::error::Error + 'static)> {
    match error {
        multer::Error::StreamReadFailed(cause) => Some(&**cause),
        _ => None,
    }
}

fn bad_request(detail: &str) -> Error {
    Error::new(ErrorCode::BadRequest, detail)
}
