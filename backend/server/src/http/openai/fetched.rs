use inkstream_core::{Error, Result};
use inkstream_wire::ErrorCode;

use super::{request::File, uploads::Uploads};
use crate::http::Service;

const DOES_NOT_FETCH: &str = "This server does not fetch addresses (ALLOW_URL_FETCH is off): send the picture itself, as a \
                              data URI (data:image/png;base64,…).";

/// Fetches the files that are named by their address, one after the other, and returns the places of all, in order. All
/// files of a request together may have the bytes of one upload (`TooLarge`).
pub(super) async fn fetched(service: &Service, files: Vec<File>, uploads: &mut Uploads) -> Result<Vec<usize>> {
    let deadline = service.fetcher.as_ref().map(crate::fetch::Fetcher::deadline);
    let (several, mut places) = (files.len() > 1, Vec::new());
    for file in files {
        let place = match file {
            File::Sent(place) => place,
            File::At(url) => {
                let (Some(fetcher), Some(deadline)) = (&service.fetcher, deadline) else {
                    return Err(Error::new(ErrorCode::BadRequest, DOES_NOT_FETCH));
                };
                let max = service.app.limits.max_upload_bytes.saturating_sub(uploads.bytes());
                let upload = fetcher.fetch(&service.app, &url, max, deadline).await;
                uploads.add(upload.map_err(|error| placed(error, several, places.len() + 1))?)
            }
        };
        places.push(place);
    }
    Ok(places)
}

/// Says which of several pictures it is about.
fn placed(mut error: Error, several: bool, place: usize) -> Error {
    if several {
        error.detail = format!("Picture {place}: {}", error.detail);
    }
    error
}
