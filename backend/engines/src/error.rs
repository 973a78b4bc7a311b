//! Turns failures of an engine into the port's error: a public sentence without details, and a cause for the log, in which the
//! engine's message is truncated and redacted.

use std::{error::Error as _, io, time::Duration};

use inkstream_core::ports::{EngineError, EngineErrorKind as Kind};
use reqwest::{Response, StatusCode, header};
use serde_json::Value;

use crate::{config::ApiKey, redact::redact, sse::SseError};

/// The maximum number of bytes read of an error's body: more than any message has, and harmless.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The maximum `Retry-After` that is honoured.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// The error message for a page that a provider's filter rejects.
const WITHHELD: &str = "The engine's provider withheld the page's text.";

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

/// The answer is blank; the model stopped for this reason. Another attempt may have text, unless the provider withholds it.
pub(crate) fn without_text(reason: Option<&str>) -> EngineError {
    let (kind, detail) = match reason {
        Some("length") => (Kind::Invalid, "The engine reached its limit before any text came."),
        Some("content_filter") => (Kind::Refused, WITHHELD),
        _ => (Kind::Invalid, "The engine's answer is empty."),
    };
    EngineError::new(kind, detail)
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

/// The answer is not in the model's format.
pub(crate) fn not_in_format() -> EngineError {
    EngineError::new(Kind::Invalid, "The engine's answer does not begin as this model's answers do.")
}

/// The answer ends in the middle of the page.
pub(crate) fn not_whole() -> EngineError {
    EngineError::new(Kind::Invalid, "The engine's answer is not whole.")
}

/// The event stream is broken.
pub(crate) fn unreadable(error: SseError) -> EngineError {
    let public = match error {
        SseError::Broken(_) => broken(),
        SseError::TooLong => too_long(),
    };
    public.because(error)
}

/// An error object within a stream.
pub(crate) fn in_stream(object: &Value, key: Option<&ApiKey>) -> EngineError {
    let (kind, detail) =
        permanent_refusal(object).unwrap_or((Kind::Failed, "The engine failed in the middle of the page."));
    EngineError::new(kind, detail).because(Upstream::InStream(for_log(message_of(object), key)))
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
    let json = json(&body);
    let (kind, detail) = json.as_ref().and_then(permanent_refusal).unwrap_or_else(|| by_status(status));
    let message = for_log(json.as_ref().and_then(message_of), key);
    let error = EngineError::new(kind, detail).because(Upstream::Status { status, message });
    Refusal { status, body, error: EngineError { retry_after, ..error } }
}

fn by_status(status: StatusCode) -> (Kind, &'static str) {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => (Kind::Refused, "The engine refuses our key."),
        StatusCode::NOT_FOUND => (Kind::Refused, "The engine does not have this model."),
        StatusCode::PAYLOAD_TOO_LARGE => (Kind::Refused, "The page's image is too large for the engine."),
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

/// An error's body as JSON, which may begin with a byte order mark.
pub(crate) fn json(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)).ok()
}

/// A refusal that no other attempt can change, by its `code` or `type`. Providers give it a status, such as 429, that also means a
/// passing state.
fn permanent_refusal(object: &Value) -> Option<(Kind, &'static str)> {
    let error = object.get("error").filter(|error| error.is_object()).unwrap_or(object);
    let words = ["code", "type"].into_iter().filter_map(|field| error.get(field)?.as_str());
    words.into_iter().find_map(|word| match word {
        "insufficient_quota" | "billing_hard_limit_reached" | "billing_not_active" => {
            Some((Kind::Refused, "The engine's provider has no quota left for our key."))
        }
        "invalid_api_key" | "account_deactivated" => Some((Kind::Refused, "The engine refuses our key.")),
        "model_not_found" => Some((Kind::Refused, "The engine does not have this model.")),
        "content_filter" | "content_policy_violation" => Some((Kind::Refused, WITHHELD)),
        "context_length_exceeded" => Some((Kind::Refused, "The page is too large for the engine.")),
        _ => None,
    })
}

/// The message of an error object, in one of its shapes: `error` or the object itself with a `message`, or a text in place of either;
/// `FastAPI`'s `detail`, of whose items only path and message are taken, since they repeat the request.
fn message_of(object: &Value) -> Option<String> {
    let error = object.get("error").filter(|error| !error.is_null()).unwrap_or(object);
    if let Some(text) = error.as_str().or_else(|| error.get("message")?.as_str()) {
        return Some(text.to_owned());
    }
    let detail = error.get("detail")?;
    let item = |item: &Value| {
        let parts = item.get("loc").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let path: Vec<String> =
            parts.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned)).collect();
        format!("{}: {}", path.join("."), item.get("msg").and_then(Value::as_str).unwrap_or_default())
    };
    detail
        .as_str()
        .map(str::to_owned)
        .or_else(|| Some(detail.as_array()?.iter().map(item).collect::<Vec<_>>().join("; ")))
}

/// Makes a message fit for the log. A body without one is not logged: it may hold anything, even the page.
fn for_log(message: Option<String>, key: Option<&ApiKey>) -> String {
    let message = message.unwrap_or_else(|| "(no message)".to_owned());
    // Our own key may have any form, so that only it itself tells it.
    redact(&key.map_or_else(|| message.clone(), |key| key.scrub(&message)))
}
