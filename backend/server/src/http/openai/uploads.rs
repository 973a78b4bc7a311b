//! The files of one request: those sent in it, and those fetched by their URL.

use inkstream_core::{Error, Result, documents::Upload};
use inkstream_wire::ErrorCode;

use super::request::File;
use crate::http::Service;

/// The files of one request, by index. Files that are not taken are deleted on drop.
#[derive(Default)]
pub(super) struct Uploads(Vec<Option<Upload>>);

impl Uploads {
    /// The number of files added.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The total size, in bytes, of the files that were not taken.
    pub(super) fn bytes(&self) -> u64 {
        self.0.iter().flatten().map(|upload| upload.bytes).sum()
    }

    /// Adds a file and returns its index.
    pub(super) fn add(&mut self, upload: Upload) -> usize {
        self.0.push(Some(upload));
        self.0.len() - 1
    }

    /// Takes the file at this index; `None` if it was taken before.
    pub(super) fn take(&mut self, index: usize) -> Option<Upload> {
        self.0.get_mut(index)?.take()
    }
}

const DOES_NOT_FETCH: &str = "This server does not fetch addresses (ALLOW_URL_FETCH is off): send the image itself, as a \
                              data URI (data:image/png;base64,…).";

/// Fetches the files that are named by their URL, one after the other, and returns the indices of all files in order. All files
/// of a request together may have the bytes of one upload (`TooLarge`).
pub(super) async fn fetch_files(service: &Service, files: Vec<File>, uploads: &mut Uploads) -> Result<Vec<usize>> {
    let deadline = service.fetcher.as_ref().map(crate::fetch::Fetcher::deadline);
    let (several, mut indices) = (files.len() > 1, Vec::new());
    for file in files {
        let index = match file {
            File::Uploaded(index) => index,
            File::Url(url) => {
                let (Some(fetcher), Some(deadline)) = (&service.fetcher, deadline) else {
                    return Err(Error::new(ErrorCode::BadRequest, DOES_NOT_FETCH));
                };
                let max = service.documents.max_upload_bytes.saturating_sub(uploads.bytes());
                let upload = fetcher.fetch(&service.documents, &url, max, deadline).await;
                uploads.add(upload.map_err(|error| name_image(error, several, indices.len() + 1))?)
            }
        };
        indices.push(index);
    }
    Ok(indices)
}

/// Names the image that failed, if there are several.
fn name_image(mut error: Error, several: bool, number: usize) -> Error {
    if several {
        error.detail = format!("Image {number}: {}", error.detail);
    }
    error
}
