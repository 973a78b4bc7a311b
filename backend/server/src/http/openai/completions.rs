use std::sync::Arc;

use axum::{
    Json,
    extract::{self, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use inkstream_core::{Error, Result};
use inkstream_wire::{ChatChoice, ChatCompletion, ChatError, ChatMessage, ErrorCode, routes};

use super::{
    data_uris,
    described::ChatRequest,
    reading::{Finish, Head, Inputs, Reading},
    request::Request,
    stream,
    uploads::fetch_files,
};
use crate::http::{Service, caller::RequireOcrScope, failure::Failure};

/// Reads the images and PDFs of a conversation's last messages, as a vision model of `OpenAI` would.
///
/// With `stream` the answer is server-sent events: chunks, then `[DONE]`.
#[utoipa::path(post, path = routes::CHAT_COMPLETIONS, tag = "OpenAI's dialect", operation_id = "chat_completions",
    request_body(content = inline(ChatRequest)),
    responses(
        (status = 200, description = "The text; chunks as `text/event-stream` with `stream`", body = ChatCompletion),
        (status = "4XX", description = "No image, an unknown model, a wrong option, or a limit was exceeded", body = ChatError),
        (status = "5XX", description = "The server or its engine cannot", body = ChatError),
    ))]
pub(in crate::http) async fn complete(
    State(service): State<Arc<Service>>,
    RequireOcrScope(caller): RequireOcrScope,
    request: extract::Request,
) -> Result<Response, Failure> {
    require_json(request.headers())?;
    // Enter the queue before the body is read, so that a full server refuses without receiving the images.
    let ticket = service.runs.queue.enter(&caller.clients)?;
    let (json, mut uploads) = data_uris::extract(&service.documents, request.into_body().into_data_stream()).await?;
    let request = Request::parse(&json)?;
    drop(json);
    let Request { options, max_tokens, files, annotate, stream: streamed, include_usage } = request;
    let files = fetch_files(&service, files, &mut uploads).await?;
    let inputs = Inputs { files, uploads, annotate, max_tokens };
    let reading = Reading::begin(&service.runs, caller, ticket, options, inputs).await?;
    if streamed {
        return Ok(stream::response(reading, include_usage, service.runs.limits.heartbeat));
    }
    Ok(Json(complete_answer(reading).await?).into_response())
}

async fn complete_answer(mut reading: Reading) -> Result<ChatCompletion> {
    let mut content = String::new();
    while let Some(text) = reading.next().await? {
        content.push_str(&text);
    }
    let Finish { reason, usage, boxes, annotations, warnings } = reading.finish();
    let Head { id, created, model } = std::mem::take(&mut reading.head);
    let message = ChatMessage { role: "assistant".to_owned(), content };
    let choices = vec![ChatChoice { index: 0, message, finish_reason: reason }];
    let object = "chat.completion".to_owned();
    Ok(ChatCompletion { id, object, created, model, choices, usage, boxes, annotations, warnings })
}

fn require_json(headers: &HeaderMap) -> Result<()> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Error::new(ErrorCode::BadRequest, "The body must be JSON, with content-type application/json."))
}
