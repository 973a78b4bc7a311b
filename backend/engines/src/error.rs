//! Turns failures of an engine into the port's error: a public sentence without details, and a cause for the log, in which the
//! engine's message is truncated and scrubbed of the API key.

use std::{error::Error as _, io, time::Duration};

use inkstream_core::ports::{EngineError, EngineErrorKind as Kind};
use reqwest::{Response, StatusCode, header};
use serde_json::Value;

use crate::{config::ApiKey, sse::SseError};

/// The maximum number of bytes read of an error's body: more than any message has, and harmless.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The maximum length of an engine's message in the log.
const MAX_MESSAGE_CHARS: usize = 500;

/// The maximum `Retry-After` that is honoured.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// The timeout for an error's body. The status alone is enough for an error.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// An engine's own report of a failure, for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Upstream {
    /// A response with an error status.
    #[error("the engine answered {status}: {message}")]
    Status { status: StatusCode, message: String },
    /// An error object within a stream.
    #[error("the engine sent an error within its answer: {0}")]
    InStream(String),
}

/// The first text did not come in time.
pub(crate) fn too_slow() -> EngineError {
    EngineError::new(Kind::Timeout, "The engine did not begin to answer in time.")
}

/// The stream stalled after its first text.
pub(crate) fn stalled() -> EngineError {
    EngineError::new(Kind::Timeout, "The engine stopped answering in the middle of the page.")
}

/// The stream ended without a finish reason or `[DONE]`.
pub(crate) fn broken() -> EngineError {
    EngineError::new(Kind::Broken, "The engine's answer broke off.")
}

pub(crate) fn not_understood() -> EngineError {
    EngineError::new(Kind::Protocol, "The engine's answer cannot be understood.")
}

/// The answer exceeds a size limit.
pub(crate) fn too_long() -> EngineError {
    EngineError::new(Kind::Protocol, "The engine's answer is too long.")
}

/// The answer is blank; the model stopped for this reason.
pub(crate) fn without_text(reason: Option<&str>) -> EngineError {
    let detail = match reason {
        Some("length") => "The engine reached its limit before any text came.",
        Some("content_filter") => "The engine's provider withheld the page's text.",
        _ => "The engine's answer is empty.",
    };
    EngineError::new(Kind::Invalid, detail)
}

/// The answer repeats itself.
pub(crate) fn repetition() -> EngineError {
    EngineError::new(Kind::Repetition, "The engine's answer repeats itself without end.")
}

/// The request failed before a response came.
pub(crate) fn no_response(error: reqwest::Error) -> EngineError {
    let (kind, detail) = if error.is_connect() {
        let timeout = "The engine did not accept the connection in time.";
        (Kind::Unreachable, if error.is_timeout() { timeout } else { connect_failure(&error) })
    } else if error.is_timeout() {
        (Kind::Timeout, "The engine did not answer in time.")
    } else {
        (Kind::Broken, "The engine closed the connection without an answer.")
    };
    EngineError::new(kind, detail).because(error.without_url())
}

/// Why a connection could not be made. hyper marks a name that cannot be resolved only in its message, and rustls' errors come as
/// I/O errors of kind `InvalidData`.
fn connect_failure(error: &reqwest::Error) -> &'static str {
    let mut sources = std::iter::successors(error.source(), |error| (*error).source());
    let sentence = sources.find_map(|source| {
        if source.downcast_ref().is_some_and(is_tls) {
            Some("No secure connection to the engine can be made.")
        } else if source.to_string().starts_with("dns error") {
            Some("The engine's host name cannot be resolved.")
        } else {
            None
        }
    });
    sentence.unwrap_or("The engine cannot be reached.")
}

/// hyper wraps an I/O error in another one, whose `source` skips it, so unwrap it with `get_ref`.
fn is_tls(error: &io::Error) -> bool {
    let wrapped = error.get_ref().and_then(|error| error.downcast_ref());
    error.kind() == io::ErrorKind::InvalidData || wrapped.is_some_and(is_tls)
}

/// The event stream is broken.
pub(crate) fn unreadable(error: SseError) -> EngineError {
    let public = match error {
        SseError::Broken(_) => broken(),
        SseError::TooLong => too_long(),
        SseError::NotUtf8 => not_understood(),
    };
    public.because(error)
}

/// An error object within a stream.
pub(crate) fn in_stream(message: &str, key: Option<&ApiKey>) -> EngineError {
    EngineError::new(Kind::Failed, "The engine failed in the middle of the page.")
        .because(Upstream::InStream(for_log(message, key)))
}

/// A response whose status is not 200, with the start of its body.
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
    pub(crate) error: EngineError,
}

/// Reads a response whose status is not 200.
pub(crate) async fn refusal(response: Response, key: Option<&ApiKey>) -> Refusal {
    let status = response.status();
    let retry_after = retry_after(&response);
    // If the body stalls or breaks off, only its message is lost.
    let body = tokio::time::timeout(BODY_TIMEOUT, body_start(response)).await.unwrap_or_default();
    let (kind, detail) = by_status(status);
    let message = for_log(&message(&body), key);
    let error = EngineError::new(kind, detail).because(Upstream::Status { status, message });
    Refusal { status, body, error: EngineError { retry_after, ..error } }
}

fn by_status(status: StatusCode) -> (Kind, &'static str) {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => (Kind::Refused, "The engine refuses our key."),
        StatusCode::NOT_FOUND => (Kind::Refused, "The engine does not have this model."),
        StatusCode::PAYLOAD_TOO_LARGE => (Kind::Refused, "The page's picture is too large for the engine."),
        StatusCode::TOO_MANY_REQUESTS => (Kind::Limited, "The engine takes no more requests for now."),
        StatusCode::SERVICE_UNAVAILABLE => (Kind::Busy, "The engine is busy."),
        StatusCode::REQUEST_TIMEOUT => (Kind::Timeout, "The engine waited too long for the request."),
        _ if status.is_client_error() => (Kind::Refused, "The engine refuses the request."),
        _ if status.is_server_error() => (Kind::Failed, "The engine failed."),
        _ => (Kind::Protocol, "The engine's answer cannot be understood."),
    }
}

/// `Retry-After`, in seconds or as a date. A date is compared with the response's `Date`, so that the clocks need not agree.
fn retry_after(response: &Response) -> Option<Duration> {
    let header = |name| Some(response.headers().get(name)?.to_str().ok()?.trim());
    let after = header(header::RETRY_AFTER)?;
    let wait = if let Ok(seconds) = after.parse() {
        Duration::from_secs(seconds)
    } else {
        let until = httpdate::parse_http_date(after).ok()?;
        until.duration_since(httpdate::parse_http_date(header(header::DATE)?).ok()?).ok()?
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

async fn body_start(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = MAX_BODY_BYTES - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == MAX_BODY_BYTES {
            break;
        }
    }
    body
}

/// The message in an error's body: from JSON in one of its shapes, else the whole body.
fn message(body: &[u8]) -> String {
    let json = serde_json::from_slice::<Value>(body).ok();
    let found = json.as_ref().and_then(|json| {
        let error = json.get("error").unwrap_or(json);
        error.as_str().or_else(|| error.get("message")?.as_str()).or_else(|| error.get("detail")?.as_str())
    });
    found.map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned)
}

/// Makes a message fit for the log. Scrubs before truncating, so that no part of a key is left.
fn for_log(message: &str, key: Option<&ApiKey>) -> String {
    let scrubbed = key.map_or_else(|| message.to_owned(), |key| key.scrub(message));
    scrubbed.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_MESSAGE_CHARS).collect()
}
