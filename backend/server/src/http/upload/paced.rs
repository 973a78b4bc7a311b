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

/// Bytes that the parser may consume without yielding anything. More is a preamble or a header without end.
const MAX_BYTES_WITHOUT_PROGRESS: usize = 256 << 10;

/// The parser consumed too much without finding a part.
#[derive(Debug, thiserror::Error)]
#[error("the form's parts cannot be found")]
pub(super) struct Endless;

/// Paces a body for multer, which otherwise reads everything available into its buffer at every poll.
pub(super) struct Paced {
    body: BodyDataStream,
    pause: bool,
    consumed: Progress,
}

/// Counts the bytes that the parser has consumed since it last yielded something.
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
        (Self { body, pause: false, consumed: progress.clone() }, progress)
    }
}

impl Stream for Paced {
    type Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Yield one chunk per poll. multer stops reading at `Pending`, and is woken at once.
        if std::mem::take(&mut self.pause) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.consumed.0.load(Relaxed) > MAX_BYTES_WITHOUT_PROGRESS {
            return Poll::Ready(Some(Err(Box::new(Endless))));
        }
        let chunk = ready!(Pin::new(&mut self.body).poll_next(cx));
        if let Some(Ok(bytes)) = &chunk {
            self.consumed.0.fetch_add(bytes.len(), Relaxed);
        }
        self.pause = true;
        Poll::Ready(chunk.map(|chunk| chunk.map_err(Into::into)))
    }
}
