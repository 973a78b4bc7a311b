//! Requests for runs, whose answers are streams of events.

use futures::StreamExt;
use gloo_net::http::Response;
use inkstream_wire::{DocumentId, DocumentKind, ErrorCode, NdjsonDecoder, NdjsonError, OcrEvent, RunOptions, routes};
use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_streams::ReadableStream;
use web_sys::{AbortSignal, File};

use super::{call::Call, form};
use crate::state::Failure;

/// Uploads a file and reads it. If the server answers that the file belongs to the other route, uses that. Calls `sent` when the server
/// has the file. Returns when the stream has ended or was aborted.
pub(crate) async fn read_file(
    file: &File,
    kind: DocumentKind,
    options: &RunOptions,
    signal: Option<&AbortSignal>,
    sent: impl FnOnce(),
    mut on_events: impl FnMut(Vec<OcrEvent>),
) -> Result<(), Failure> {
    let (first, second) = match kind {
        DocumentKind::Image => (routes::OCR_IMAGE, routes::OCR_PDF),
        DocumentKind::Pdf => (routes::OCR_PDF, routes::OCR_IMAGE),
    };
    let response = match upload(first, file, options, signal).await {
        Err(failure) if failure.code() == Some(ErrorCode::WrongRoute) => upload(second, file, options, signal).await?,
        answer => answer?,
    };
    sent();
    drain(&response, &mut on_events).await
}

/// Reads a stored document.
pub(crate) async fn read_stored(
    id: DocumentId,
    options: &RunOptions,
    signal: Option<&AbortSignal>,
    mut on_events: impl FnMut(Vec<OcrEvent>),
) -> Result<(), Failure> {
    let call = Call::new("POST", &routes::document_runs(id)).json(options).signal(signal.cloned());
    drain(&call.send().await?, &mut on_events).await
}

async fn upload(
    route: &str,
    file: &File,
    options: &RunOptions,
    signal: Option<&AbortSignal>,
) -> Result<Response, Failure> {
    Call::new("POST", route).form(form::fields(file, options)).signal(signal.cloned()).send().await
}

/// Passes on the events of a body as its chunks arrive. Skips unknown events, which a newer server may send.
async fn drain(response: &Response, on_events: &mut impl FnMut(Vec<OcrEvent>)) -> Result<(), Failure> {
    let body = response.body().ok_or(Failure::Broken)?;
    let mut chunks = ReadableStream::from_raw(body.unchecked_into()).into_stream();
    let mut decoder = NdjsonDecoder::default();
    while let Some(chunk) = chunks.next().await {
        let bytes = chunk.ok().and_then(|chunk| chunk.dyn_into::<Uint8Array>().ok()).ok_or(Failure::Broken)?;
        on_events(known(decoder.push(&bytes.to_vec()))?);
    }
    on_events(known(decoder.finish().into_iter().collect())?);
    Ok(())
}

fn known(values: Vec<Result<OcrEvent, NdjsonError>>) -> Result<Vec<OcrEvent>, Failure> {
    let mut events = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Ok(event) => events.push(event),
            Err(NdjsonError::Json(_)) => {}
            Err(NdjsonError::TooLong) => return Err(Failure::Broken),
        }
    }
    Ok(events)
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use inkstream_wire::EventBody;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    /// A response whose body arrives in these chunks.
    fn response(pieces: Vec<Vec<u8>>) -> Response {
        let chunks = pieces.into_iter().map(|piece| Ok(Uint8Array::from(piece.as_slice()).into()));
        let body = ReadableStream::from_stream(futures::stream::iter(chunks)).into_raw();
        let raw = web_sys::Response::new_with_opt_readable_stream(Some(&body.unchecked_into())).unwrap();
        Response::from(raw)
    }

    async fn drained(pieces: Vec<Vec<u8>>) -> Vec<OcrEvent> {
        let mut events = Vec::new();
        drain(&response(pieces), &mut |more| events.extend(more)).await.unwrap();
        events
    }

    #[wasm_bindgen_test]
    async fn a_character_split_between_two_chunks_is_kept() {
        let line = "{\"type\":\"delta\",\"delta\":\"Größe\",\"seq\":3}\n".as_bytes();
        let middle = line.iter().position(|&byte| byte > 0x7f).unwrap() + 1;
        let events = drained(vec![line[..middle].to_vec(), line[middle..].to_vec()]).await;
        assert_eq!(events[0].body, EventBody::Delta { delta: "Größe".to_owned(), bounds: None });
    }

    #[wasm_bindgen_test]
    async fn unknown_events_are_skipped_and_the_last_line_needs_no_newline() {
        let events = drained(vec![b"{\"type\":\"sparkle\"}\n{\"type\":\"heart".to_vec(), b"beat\"}".to_vec()]).await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].body, EventBody::Heartbeat);
    }
}
