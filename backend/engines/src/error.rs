//! From what goes wrong with an engine to the port's error: a public sentence that names nothing, and a cause for the
//! log in which an engine's own words are short and without our key.

use std::{error::Error as _, io, time::Duration};

use inkstream_core::ports::{EngineError, EngineErrorKind as Kind};
use reqwest::{Response, StatusCode, header};
use serde_json::Value;

use crate::{config::ApiKey, sse::SseError};

/// The most of an error's body that is read: more than any message, less than any harm.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The most of an engine's message that goes to the log.
const MAX_MESSAGE_CHARS: usize = 500;

/// The longest wait that an engine may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// How long an error's body may take to arrive; its status alone says enough.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// What an engine said of its failure, for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Upstream {
    /// An answer with an error's status.
    #[error("the engine answered {status}: {message}")]
    Status { status: StatusCode, message: String },
    /// An error object within a stream.
    #[error("the engine sent an error within its answer: {0}")]
    InStream(String),
}

/// No answer in time.
pub(crate) fn too_slow() -> EngineError {
    EngineError::new(Kind::Timeout, "The engine did not begin to answer in time.")
}

/// Nothing more in time.
pub(crate) fn stalled() -> EngineError {
    EngineError::new(Kind::Timeout, "The engine stopped answering in the middle of the page.")
}

/// The stream's end without its ending.
pub(crate) fn broken() -> EngineError {
    EngineError::new(Kind::Broken, "The engine's answer broke off.")
}

/// An answer that cannot be understood.
pub(crate) fn not_understood() -> EngineError {
    EngineError::new(Kind::Protocol, "The engine's answer cannot be understood.")
}

/// More than may be.
pub(crate) fn too_long() -> EngineError {
    EngineError::new(Kind::Protocol, "The engine's answer is too long.")
}

/// Nothing but white space, and the model stopped for this reason.
pub(crate) fn without_text(reason: Option<&str>) -> EngineError {
    let detail = match reason {
        Some("length") => "The engine reached its limit before any text came.",
        Some("content_filter") => "The engine's provider withheld the page's text.",
        _ => "The engine's answer is empty.",
    };
    EngineError::new(Kind::Invalid, detail)
}

/// The same again and again.
pub(crate) fn repetition() -> EngineError {
    EngineError::new(Kind::Repetition, "The engine's answer repeats itself without end.")
}

/// No response came.
pub(crate) fn no_response(error: reqwest::Error) -> EngineError {
    let (kind, detail) = if error.is_connect() {
        let in_time = !error.is_timeout();
        let late = "The engine did not accept the connection in time.";
        (Kind::Unreachable, if in_time { not_connected(&error) } else { late })
    } else if error.is_timeout() {
        (Kind::Timeout, "The engine did not answer in time.")
    } else {
        (Kind::Broken, "The engine closed the connection without an answer.")
    };
    EngineError::new(kind, detail).because(error.without_url())
}

/// What kept a connection from being made. hyper tells a name that cannot be resolved by its message alone, and rustls'
/// errors come as I/O errors of this kind.
fn not_connected(error: &reqwest::Error) -> &'static str {
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

/// hyper wraps an I/O error in another one, whose `source` passes over it.
fn is_tls(error: &io::Error) -> bool {
    let wrapped = error.get_ref().and_then(|error| error.downcast_ref());
    error.kind() == io::ErrorKind::InvalidData || wrapped.is_some_and(is_tls)
}

/// The stream cannot be read on.
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

/// What a response whose status is not 200 says.
pub(crate) async fn refusal(response: Response, key: Option<&ApiKey>) -> Refusal {
    let status = response.status();
    let retry_after = retry_after(&response);
    // A body that stalls or breaks costs its message, not the status.
    let body = tokio::time::timeout(BODY_TIMEOUT, body_start(response)).await.unwrap_or_default();
    let (kind, detail) = meaning(status);
    let message = for_log(&message(&body), key);
    let error = EngineError::new(kind, detail).because(Upstream::Status { status, message });
    Refusal { status, body, error: EngineError { retry_after, ..error } }
}

fn meaning(status: StatusCode) -> (Kind, &'static str) {
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

/// `Retry-After`, in seconds or as a date. A date is taken by the engine's own clock, its `Date`, so that no clock of ours
/// has to agree with it.
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

/// The message in an error's body: JSON in one of its shapes, or else the text as it is.
fn message(body: &[u8]) -> String {
    let json = serde_json::from_slice::<Value>(body).ok();
    let found = json.as_ref().and_then(|json| {
        let error = json.get("error").unwrap_or(json);
        error.as_str().or_else(|| error.get("message")?.as_str()).or_else(|| error.get("detail")?.as_str())
    });
    found.map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned)
}

/// Scrubbed first, so that a cut cannot leave half a key; then short, and in one line.
fn for_log(message: &str, key: Option<&ApiKey>) -> String {
    let scrubbed = key.map_or_else(|| message.to_owned(), |key| key.scrub(message));
    scrubbed.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_MESSAGE_CHARS).collect()
}
