//! Live recognition: upload and run in one request, with the events as NDJSON.

pub(super) mod image;
pub(super) mod pdf;

use axum::{extract::Request, response::Response};
use inkstream_core::{
    Result,
    runs::{self, Source},
};
use inkstream_wire::RunKind;

use super::{
    Service,
    caller::Caller,
    ndjson,
    options::RawRunOptions,
    upload::{self, Form},
};

/// Enters the queue before the upload is read, so that a full server refuses without receiving the file.
async fn stream_run(service: &Service, caller: Caller, kind: RunKind, request: Request) -> Result<Response> {
    let ticket = service.app.queue.enter(&caller.clients)?;
    let Form { upload, asked: RawRunOptions { options, unknown } } = upload::read(&service.app, request).await?;
    let run = runs::start(&service.app, caller.owner, ticket, Source::Upload(upload), Some(kind), options).await?;
    Ok(ndjson::response(run, unknown))
}
