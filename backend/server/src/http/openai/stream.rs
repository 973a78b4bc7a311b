//! Streams an answer as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt as _, stream};
use http::{HeaderName, HeaderValue, header};
use inkstream_core::metrics;
use inkstream_wire::{ChatChunk, ChatUsage, ChunkChoice, ChunkDelta, FinishReason};
use serde::Serialize;

use super::{
    error,
    reading::{Finish, Head, Reading},
};
use crate::http::failure;

/// Streams the answer as it is read. `heartbeat` is the longest time without an event. Dropping the body cancels the run.
pub(super) fn response(reading: Reading, include_usage: bool, heartbeat: Duration) -> Response {
    let open = metrics::OpenStream::new();
    let events = events(reading, include_usage).map(move |event| {
        let _ = &open;
        Ok::<_, Infallible>(event)
    });
    let headers = [
        // Keep proxies from caching, transforming or buffering the stream: each event has to arrive at once.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    let alive = KeepAlive::new().interval(heartbeat).text("heartbeat");
    (headers, Sse::new(events).keep_alive(alive)).into_response()
}

fn events(reading: Reading, include_usage: bool) -> impl Stream<Item = Event> + Send {
    let role = ChunkDelta { role: Some("assistant".to_owned()), content: Some(String::new()) };
    let first = event(&chunk(&reading.head, role, None));
    let rest = stream::unfold(Some(reading), move |reading| async move {
        let mut reading = reading?;
        let (events, reading) = match reading.next().await {
            Ok(Some(text)) => {
                let delta = ChunkDelta { role: None, content: Some(text) };
                (vec![event(&chunk(&reading.head, delta, None))], Some(reading))
            }
            Ok(None) => (final_events(&mut reading, include_usage), None),
            Err(error) => {
                // The run has logged its own errors. Only one with a cause comes from elsewhere.
                if error.cause.is_some() {
                    failure::log(&error);
                }
                (vec![event(&error::body(&error)), done()], None)
            }
        };
        Some((stream::iter(events), reading))
    });
    stream::iter([first]).chain(rest.flatten())
}

fn final_events(reading: &mut Reading, include_usage: bool) -> Vec<Event> {
    let Finish { reason, usage, boxes, annotations, warnings } = reading.finish();
    let end =
        event(&ChatChunk { boxes, annotations, warnings, ..chunk(&reading.head, ChunkDelta::default(), Some(reason)) });
    let usage = include_usage.then(|| event(&usage_chunk(&reading.head, usage)));
    [Some(end), usage, Some(done())].into_iter().flatten().collect()
}

fn chunk(head: &Head, delta: ChunkDelta, finish_reason: Option<FinishReason>) -> ChatChunk {
    ChatChunk { choices: vec![ChunkChoice { index: 0, delta, finish_reason }], ..empty_chunk(head) }
}

fn usage_chunk(head: &Head, usage: ChatUsage) -> ChatChunk {
    ChatChunk { usage: Some(usage), ..empty_chunk(head) }
}

fn empty_chunk(head: &Head) -> ChatChunk {
    let Head { id, created, model } = head.clone();
    let object = "chat.completion.chunk".to_owned();
    ChatChunk {
        id,
        object,
        created,
        model,
        choices: Vec::new(),
        usage: None,
        boxes: None,
        annotations: None,
        warnings: Vec::new(),
    }
}

/// The values have only string keys, so that serialization cannot fail.
fn event(value: &impl Serialize) -> Event {
    Event::default().json_data(value).unwrap_or_default()
}

fn done() -> Event {
    Event::default().data("[DONE]")
}
