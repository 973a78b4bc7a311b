use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use inkstream_core::runs::{self, Source, Transcript};
use inkstream_wire::{MicroText, MicroWarning, Problem, RunKind, RunOptions, routes};

use crate::http::{
    Service,
    caller::MicroCaller,
    failure::Failure,
    openapi::UploadForm,
    upload::{self, Form},
};

/// Reads a picture and answers when all of it is read. Nothing is stored.
///
/// The options of live recognition may stand beside the file; `boxes`, `store` and `resets` count for nothing here.
#[utoipa::path(post, path = routes::MICRO_READ, tag = "Micro-service", operation_id = "micro_read",
    request_body(content = inline(UploadForm), content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The text", body = MicroText),
        (status = "4XX", description = "Not a picture that can be read, a wrong option, or too much", body = Problem,
            content_type = "application/problem+json"),
        (status = "5XX", description = "The server or its engine cannot", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(in crate::http) async fn recognize(
    State(service): State<Arc<Service>>,
    MicroCaller(caller): MicroCaller,
    request: Request,
) -> Result<Json<MicroText>, Failure> {
    let app = &service.app;
    let ticket = app.queue.enter(&caller.clients)?;
    let Form { upload, asked } = upload::read(app, request).await?;
    let options = RunOptions { boxes: false, store: Some(false), resets: true, ..asked.options };
    let source = Source::Upload(upload);
    let run = runs::start(app, caller.owner, ticket, source, Some(RunKind::Image), options).await?;
    let Transcript { text, warnings } = runs::transcript(app, run).await?;
    let warnings = warnings.into_iter().map(|(page, warning)| MicroWarning { page, warning });
    Ok(Json(MicroText::of(text, warnings.collect())))
}
