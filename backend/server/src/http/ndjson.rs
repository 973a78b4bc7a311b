use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use http::{HeaderName, HeaderValue, header};
use inkstream_core::{metrics, runs::LiveRun};
use inkstream_wire::{EventBody, OcrEvent};

/// Events written at once when the reader is behind; one at a time when it is not.
const EVENTS_AT_ONCE: usize = 256;

/// A run's events as lines. `unknown`: fields of the request that are no options; the start event tells them. Dropping the
/// answer's body cancels the run.
pub(super) fn response(run: LiveRun, mut unknown: Vec<String>) -> Response {
    let open = metrics::OpenStream::new();
    let told = run.map(move |mut event| {
        if let EventBody::Start(start) = &mut event.body {
            start.ignored.append(&mut unknown);
        }
        event
    });
    let lines = told.ready_chunks(EVENTS_AT_ONCE).map(move |events| {
        let _ = &open;
        Ok::<_, Infallible>(encode(&events))
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson")),
        // No proxy may keep, change or compress what has to arrive at once.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(lines)).into_response()
}

fn encode(events: &[OcrEvent]) -> Bytes {
    let mut lines = Vec::with_capacity(events.len() * 96);
    for event in events {
        // An event has string keys alone, and a Vec takes every byte: this cannot fail.
        if serde_json::to_writer(&mut lines, event).is_ok() {
            lines.push(b'\n');
        }
    }
    lines.into()
}
