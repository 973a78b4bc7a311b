use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use axum::body::{BodyDataStream, Bytes};
use futures::Stream;

/// How much the parser may take in without giving anything back: it is a preamble or a header without end.
const MOST_SWALLOWED: usize = 256 << 10;

/// The parser took in too much without finding a part.
#[derive(Debug, thiserror::Error)]
#[error("the form's parts cannot be found")]
pub(super) struct Endless;

/// A body for multer, which otherwise reads all that is there into its buffer at every poll.
pub(super) struct Paced {
    body: BodyDataStream,
    rest: bool,
    swallowed: Progress,
}

/// Told of each thing that the parser gives back.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress(Arc<AtomicUsize>);

impl Progress {
    pub(super) fn made(&self) {
        self.0.store(0, Relaxed);
    }
}

impl Paced {
    pub(super) fn new(body: BodyDataStream) -> (Self, Progress) {
        let progress = Progress::default();
        (Self { body, rest: false, swallowed: progress.clone() }, progress)
    }
}

impl Stream for Paced {
    type Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // One chunk a poll: multer stops reading when it is told to wait, and is woken at once.
        if std::mem::take(&mut self.rest) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.swallowed.0.load(Relaxed) > MOST_SWALLOWED {
            return Poll::Ready(Some(Err(Box::new(Endless))));
        }
        let chunk = ready!(Pin::new(&mut self.body).poll_next(cx));
        if let Some(Ok(bytes)) = &chunk {
            self.swallowed.0.fetch_add(bytes.len(), Relaxed);
        }
        self.rest = true;
        Poll::Ready(chunk.map(|chunk| chunk.map_err(Into::into)))
    }
}
