//! Bounds on every request body: bytes, silence and rate; and a polite end when an answer comes before the body's.

use std::{
    error::Error as StdError,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use inkstream_core::Error;
use inkstream_wire::{ErrorCode, routes};
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_util::task::TaskTracker;

use super::{Service, failure::Failure};

/// How much of a refused body is still read, so that a client that writes before it reads gets to see the answer.
const LINGER_BYTES: u64 = 64 << 20;
/// How long.
const LINGER_TIME: Duration = Duration::from_secs(5);

/// What a form may have beside its file, in bytes.
const AROUND_THE_FILE: u64 = 1 << 20;

/// How large and how slow a body may be.
#[derive(Debug, Clone, Copy)]
pub struct BodyPolicy {
    /// Bytes of an uploaded file.
    pub max_upload: u64,
    /// Longest silence.
    pub idle: Duration,
    /// Time a body has before its rate counts.
    pub grace: Duration,
    /// Lowest rate, in bytes a second.
    pub min_rate: u64,
}

impl BodyPolicy {
    fn max_body(self, path: &str) -> u64 {
        // Base64 makes four letters of three bytes, and line ends or escapes come on top.
        let file = if path == routes::CHAT_COMPLETIONS { self.max_upload / 2 * 3 } else { self.max_upload };
        file.saturating_add(AROUND_THE_FILE)
    }

    fn too_large(self) -> BodyFailure {
        BodyFailure::TooLarge { limit: self.max_upload }
    }
}

/// Why a body ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyFailure {
    #[error("the body came too slowly")]
    TooSlow,
    #[error("the body is too large")]
    TooLarge {
        /// Bytes that a file may have.
        limit: u64,
    },
    #[error("the body broke off")]
    CutOff,
}

impl BodyFailure {
    /// The failure within a chain of causes.
    pub(super) fn find(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(failure) = error.downcast_ref::<Self>() {
                return Some(*failure);
            }
            next = error.source();
        }
        None
    }

    /// What the caller is told.
    pub(super) fn error(self) -> Error {
        match self {
            Self::TooSlow => Error::new(ErrorCode::BodyTimeout, "The request's body came too slowly."),
            Self::TooLarge { limit } => {
                Error::new(ErrorCode::TooLarge, format!("Uploads may have at most {limit} bytes."))
            }
            Self::CutOff => Error::new(ErrorCode::BadRequest, "The request's body broke off before its end."),
        }
    }
}

/// Puts the bounds around a request's body, and refuses what its head already shows to be too much.
pub(super) async fn guard(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let limit = service.bodies.max_body(head.uri.path());
    let body = Guarded::new(body, service.bodies, limit, &head.headers, service.lingering.clone());
    if let Err(failure) = check(&head.headers, service.bodies, limit) {
        return failure.into_response();
    }
    next.run(Request::from_parts(head, Body::new(body))).await
}

fn check(headers: &HeaderMap, policy: BodyPolicy, limit: u64) -> Result<(), Failure> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit) {
        return Err(policy.too_large().error().into());
    }
    // A compressed body could unpack to anything; nothing here needs one.
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => Err(Failure::new(
            ErrorCode::BadRequest,
            "Send the body as it is: compressed bodies (content-encoding) are not taken.",
        )),
        _ => Ok(()),
    }
}

struct Guarded {
    /// Taken when nothing more is to be read of it.
    inner: Option<Body>,
    policy: BodyPolicy,
    /// Bytes that may come.
    limit: u64,
    bytes: u64,
    /// Time spent waiting for the client. Time in which the server was busy with what had come does not count.
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    /// Whether the client waits for leave (`expect: 100-continue`): then nothing is under way before the first poll.
    asks_leave: bool,
    lingering: TaskTracker,
}

impl Guarded {
    fn new(body: Body, policy: BodyPolicy, limit: u64, headers: &HeaderMap, lingering: TaskTracker) -> Self {
        let asks_leave = headers.contains_key(header::EXPECT);
        let inner = (!body.is_end_stream()).then_some(body);
        Self { inner, policy, limit, bytes: 0, waited: Duration::ZERO, waiting: None, asks_leave, lingering }
    }

    fn allowance(&self) -> Duration {
        let budget = self.policy.grace + Duration::from_secs_f64(self.bytes as f64 / self.policy.min_rate as f64);
        budget.saturating_sub(self.waited).min(self.policy.idle)
    }

    fn fail(&mut self, failure: BodyFailure) -> Poll<Option<Result<Frame<Bytes>, BodyFailure>>> {
        // Too much is read on for a while, so that the answer arrives; what is slow or dead is not worth it.
        if !matches!(failure, BodyFailure::TooLarge { .. }) {
            self.inner = None;
        }
        Poll::Ready(Some(Err(failure)))
    }
}

impl HttpBody for Guarded {
    type Data = Bytes;
    type Error = BodyFailure;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyFailure>>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        this.asks_leave = false;
        match Pin::new(inner).poll_frame(cx) {
            Poll::Pending => {
                let allowance = this.allowance();
                let (_, timer) = this.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(allowance))));
                ready!(timer.as_mut().poll(cx));
                this.fail(BodyFailure::TooSlow)
            }
            Poll::Ready(Some(Ok(frame))) => {
                if let Some((since, _)) = this.waiting.take() {
                    this.waited += since.elapsed();
                }
                this.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                if this.bytes > this.limit {
                    return this.fail(this.policy.too_large());
                }
                if this.inner.as_ref().is_some_and(HttpBody::is_end_stream) {
                    this.inner = None;
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(_))) => this.fail(BodyFailure::CutOff),
            Poll::Ready(None) => {
                this.inner = None;
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Guarded {
    /// A body that is dropped unread makes the kernel reset the connection, often before the client has read the answer.
    fn drop(&mut self) {
        if let Some(body) = self.inner.take().filter(|_| !self.asks_leave) {
            self.lingering.spawn(timeout(LINGER_TIME, drain(body)));
        }
    }
}

async fn drain(mut body: Body) {
    let mut left = LINGER_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
        if left == 0 {
            return;
        }
    }
}
