//! Bounds every request body in size, idle time and rate, and drains the rest of a body that was refused.

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

/// How much of a refused body is drained, so that a client that writes before it reads receives the response.
const DRAIN_MAX_BYTES: u64 = 64 << 20;
/// Longest time to drain a body.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes that a form may have besides its file.
const FORM_OVERHEAD: u64 = 1 << 20;

/// Bounds on a request's body.
#[derive(Debug, Clone, Copy)]
pub struct BodyPolicy {
    /// Largest uploaded file, in bytes.
    pub max_upload: u64,
    /// Longest time without data.
    pub idle: Duration,
    /// Time before the minimum rate applies.
    pub grace: Duration,
    /// Lowest rate, in bytes per second.
    pub min_rate: u64,
}

impl BodyPolicy {
    fn max_body(self, path: &str) -> u64 {
        // Base64 encodes three bytes as four letters. Line ends and escapes need additional bytes.
        let file = if path == routes::CHAT_COMPLETIONS { self.max_upload / 2 * 3 } else { self.max_upload };
        file.saturating_add(FORM_OVERHEAD)
    }

    fn too_large(self) -> BodyFailure {
        BodyFailure::TooLarge { limit: self.max_upload }
    }
}

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyFailure {
    #[error("the body came too slowly")]
    TooSlow,
    #[error("the body is too large")]
    TooLarge {
        /// Largest file, in bytes.
        limit: u64,
    },
    #[error("the body broke off")]
    CutOff,
}

impl BodyFailure {
    /// Finds the failure in an error's chain of sources.
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

/// Applies the bounds to a request's body, and refuses a request whose headers already exceed them.
pub(super) async fn apply_bounds(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let limit = service.bodies.max_body(head.uri.path());
    let body = BoundedBody::new(body, service.bodies, limit, &head.headers, service.drain_tasks.clone());
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
    // A small compressed body could unpack to any size, and no client needs one.
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => Err(Failure::new(
            ErrorCode::BadRequest,
            "Send the body as it is: compressed bodies (content-encoding) are not taken.",
        )),
        _ => Ok(()),
    }
}

struct BoundedBody {
    /// `None` once nothing more is read from it.
    inner: Option<Body>,
    policy: BodyPolicy,
    limit: u64,
    bytes: u64,
    /// Time spent waiting for the client. Time in which the server processed data does not count against the client.
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    /// Whether the client waits for `100 Continue`. Until the first poll it has sent nothing that would have to be drained.
    awaits_continue: bool,
    drain_tasks: TaskTracker,
}

impl BoundedBody {
    fn new(body: Body, policy: BodyPolicy, limit: u64, headers: &HeaderMap, drain_tasks: TaskTracker) -> Self {
        let awaits_continue = headers.contains_key(header::EXPECT);
        let inner = (!body.is_end_stream()).then_some(body);
        Self { inner, policy, limit, bytes: 0, waited: Duration::ZERO, waiting: None, awaits_continue, drain_tasks }
    }

    fn allowance(&self) -> Duration {
        let budget = self.policy.grace + Duration::from_secs_f64(self.bytes as f64 / self.policy.min_rate as f64);
        budget.saturating_sub(self.waited).min(self.policy.idle)
    }

    fn fail(&mut self, failure: BodyFailure) -> Poll<Option<Result<Frame<Bytes>, BodyFailure>>> {
        // Drop a body that is slow or dead. One that is too large is drained, so that the client receives the response.
        if !matches!(failure, BodyFailure::TooLarge { .. }) {
            self.inner = None;
        }
        Poll::Ready(Some(Err(failure)))
    }
}

impl HttpBody for BoundedBody {
    type Data = Bytes;
    type Error = BodyFailure;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyFailure>>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        this.awaits_continue = false;
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

impl Drop for BoundedBody {
    /// Drains what is left. If it were dropped unread, the kernel would reset the connection, often before the client has read
    /// the response.
    fn drop(&mut self) {
        if let Some(body) = self.inner.take().filter(|_| !self.awaits_continue) {
            self.drain_tasks.spawn(timeout(DRAIN_TIMEOUT, drain(body)));
        }
    }
}

async fn drain(mut body: Body) {
    let mut left = DRAIN_MAX_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
        if left == 0 {
            return;
        }
    }
}
