use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use http::{HeaderName, HeaderValue, header};
use inkstream_core::{metrics, runs::LiveRun};
use inkstream_wire::{EventBody, OcrEvent};

/// Events per write when the reader is behind. When it keeps up, each event is written at once.
const MAX_EVENTS_PER_WRITE: usize = 256;

/// Streams a run's events, one JSON object per line. `unknown` are request fields that are not options; they are added to the
/// start event. Dropping the response's body cancels the run.
pub(super) fn response(run: LiveRun, mut unknown: Vec<String>) -> Response {
    let open = metrics::OpenStream::new();
    let events = run.map(move |mut event| {
        if let EventBody::Start(start) = &mut event.body {
            start.ignored.append(&mut unknown);
        }
        event
    });
    let lines = events.ready_chunks(MAX_EVENTS_PER_WRITE).map(move |events| {
        let _ = &open;
        Ok::<_, Infallible>(encode(&events))
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson")),
        // Keep proxies from caching, transforming or buffering the stream: each event has to arrive at once.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(lines)).into_response()
}

fn encode(events: &[OcrEvent]) -> Bytes {
    let mut lines = Vec::with_capacity(events.len() * 96);
    for event in events {
        // This cannot fail: an event has only string keys, and writing to a Vec succeeds.
        if serde_json::to_writer(&mut lines, event).is_ok() {
            lines.push(b'\n');
        }
    }
    lines.into()
}
