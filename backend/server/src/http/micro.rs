//! The micro-service's dialect: one image in, one answer out, nothing stored.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use futures::StreamExt as _;
use http::{HeaderValue, header};
use inkstream_core::{
    echo,
    runs::{self, Source, Ticket, Transcript},
};
use inkstream_wire::{MicroText, MicroWarning, Problem, RunKind, RunOptions, routes};
use tokio_util::io::ReaderStream;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Service,
    caller::MicroCaller,
    failure::Failure,
    openapi::{ImageForm, UploadForm},
    upload::{self, Form},
};

pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(recognize)).routes(routes!(echo))
}

/// Recognizes an image and answers when all of it is read. Nothing is stored.
///
/// The form may contain the options of live recognition, too; `boxes`, `store` and `resets` have no effect here.
#[utoipa::path(post, path = routes::MICRO_READ, tag = "Micro-service", operation_id = "micro_read",
    request_body(content = inline(UploadForm), content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The text", body = MicroText),
        (status = "4XX", description = "Not an image that can be read, a wrong option, or a limit was exceeded", body = Problem,
            content_type = "application/problem+json"),
        (status = "5XX", description = "The server or its engine cannot", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn recognize(
    State(service): State<Arc<Service>>,
    MicroCaller(caller): MicroCaller,
    request: Request,
) -> Result<Json<MicroText>, Failure> {
    let ticket = service.runs.queue.enter(&caller.clients)?;
    let Form { upload, asked } = upload::read(&service.documents, request).await?;
    let options = RunOptions { boxes: false, store: Some(false), resets: true, ..asked.options };
    let source = Source::Upload(upload);
    let run = runs::start(&service.runs, caller.owner, ticket, source, Some(RunKind::Image), options).await?;
    let Transcript { text, warnings } = runs::transcript(&service.runs, run).await?;
    let warnings = warnings.into_iter().map(|(page, warning)| MicroWarning { page, warning });
    Ok(Json(MicroText::new(text, warnings.collect())))
}

/// Bytes of the image in memory at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// Returns an image unchanged, with its media type, after a decoder has checked that it is one. Nothing is stored.
#[utoipa::path(post, path = routes::MICRO_ECHO, tag = "Micro-service", operation_id = "micro_echo",
    request_body(content = inline(ImageForm), content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The same bytes", content(
            (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp"), (Vec<u8> = "image/tiff"),
            (Vec<u8> = "image/bmp"), (Vec<u8> = "image/gif"), (Vec<u8> = "image/x-portable-anymap"), (Vec<u8> = "image/heic"),
            (Vec<u8> = "image/avif"), (Vec<u8> = "image/jp2"))),
        (status = 400, description = "No image, or a broken one", body = Problem,
            content_type = "application/problem+json"),
        (status = "4XX", description = "Not allowed, or too much", body = Problem,
            content_type = "application/problem+json"),
        (status = "5XX", description = "The server cannot", body = Problem, content_type = "application/problem+json"),
    ))]
async fn echo(
    State(service): State<Arc<Service>>,
    MicroCaller(caller): MicroCaller,
    request: Request,
) -> Result<Response, Failure> {
    let ticket = service.runs.queue.enter(&caller.clients)?;
    let form = upload::read(&service.documents, request).await?;
    let echo = echo::image(&service.documents, form.upload).await?;
    Ok(response(echo, ticket))
}

/// Holds the queue ticket until the last byte is sent, so that the queue bounds the number of open files.
fn response(echo: echo::Echo, ticket: Ticket) -> Response {
    let bytes = ReaderStream::with_capacity(tokio::fs::File::from_std(echo.file), CHUNK_BYTES);
    let bytes = bytes.inspect(move |_| {
        let _ = &ticket;
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(echo.media_type)),
        (header::CONTENT_LENGTH, HeaderValue::from(echo.len)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, Body::from_stream(bytes)).into_response()
}
