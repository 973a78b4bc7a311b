//! One attempt of an engine at a page.

use std::{
    future::poll_fn,
    sync::atomic::Ordering,
    task::Poll,
    time::{Duration, Instant},
};

use futures::{FutureExt as _, StreamExt as _, stream::BoxStream};

use super::{
    PageSink, ReadStart, Route, SinkClosed,
    recognition::{Recognition, truncated},
};
use crate::{
    engines::BreakerPermit,
    image::PageImage,
    metrics::Stage,
    ports::{EngineError, EngineErrorKind, EngineEvent, Finish, ReadRequest},
};

type EngineResult = Result<EngineEvent, EngineError>;
type EngineEvents = BoxStream<'static, EngineResult>;

pub(super) struct EngineAttempt<'a> {
    pub(super) route: &'a Route,
    pub(super) request: ReadRequest,
    pub(super) image: PageImage,
    /// What is reported of the image once the engine answers.
    pub(super) start: ReadStart,
    pub(super) breaker_permit: BreakerPermit<'a>,
    pub(super) queued_at: Instant,
    /// The engine's remaining time for the page. Only time spent waiting for the engine is subtracted.
    pub(super) time_left: &'a mut Duration,
}

pub(super) enum AttemptError {
    Engine(EngineError),
    SinkClosed,
}

impl From<SinkClosed> for AttemptError {
    fn from(_: SinkClosed) -> Self {
        Self::SinkClosed
    }
}

impl<S: PageSink> Recognition<'_, S> {
    /// Makes one attempt, and reports its outcome to the engine's handle.
    pub(super) async fn attempt(&mut self, attempt: EngineAttempt<'_>) -> Result<Finish, AttemptError> {
        let EngineAttempt { route, request, image, start, mut breaker_permit, queued_at, time_left } = attempt;
        let handle = &route.handle;
        let clock = &self.reader.source.clock;
        let begun = Instant::now();
        let mut start = Some(start);
        let mut last_text: Option<Instant> = None;
        let task = request.task;
        let mut events = handle.engine().read(image, request);
        while let Some(event) = self.next_event(&mut events, time_left).await? {
            let event = match event {
                Ok(event) => event,
                Err(error) => {
                    handle.metrics().error(error.kind.as_str());
                    handle.failed(breaker_permit, &error, clock.now());
                    return Err(AttemptError::Engine(error));
                }
            };
            if event.is_answer()
                && let Some(mut start) = start.take()
            {
                if let EngineEvent::Started(engine_start) = &event {
                    start.apply(engine_start);
                }
                self.reader.answered.store(true, Ordering::Relaxed);
                handle.answering(&mut breaker_permit, clock.now());
                handle.metrics().stage(Stage::Queue, queued_at.elapsed());
                self.begin(start, task).await?;
            }
            if matches!(event, EngineEvent::Text { .. } | EngineEvent::Line { .. }) {
                let now = Instant::now();
                if let Some(last) = last_text.replace(now) {
                    handle.metrics().delta_gap(now - last);
                }
            }
            let fits = match event {
                EngineEvent::Started(_) => true,
                EngineEvent::Text { delta, bounds, tokens } => self.text(delta, bounds, tokens).await?,
                EngineEvent::Line { text, bounds } => self.line(text, bounds).await?,
                EngineEvent::Usage(tokens) => {
                    self.count(tokens);
                    true
                }
                EngineEvent::Finished(finish) => {
                    handle.metrics().stage(Stage::Recognise, begun.elapsed());
                    breaker_permit.succeeded();
                    return Ok(self.finish_lines(finish).await?);
                }
            };
            if !fits {
                return Ok(truncated());
            }
        }
        Err(AttemptError::Engine(EngineError::new(EngineErrorKind::Broken, "The engine's answer broke off.")))
    }

    /// Takes the next event. Flushes the sink only if there is none yet, because writing deltas that are ready one by one costs more
    /// than everything else that is done for them.
    async fn next_event(
        &mut self,
        events: &mut EngineEvents,
        time_left: &mut Duration,
    ) -> Result<Option<EngineResult>, SinkClosed> {
        if let Some(ready) = events.next().now_or_never() {
            return Ok(ready);
        }
        // HTTP connections are read by tasks of their own, which hand over one chunk at a time.
        yield_once().await;
        if let Some(ready) = events.next().now_or_never() {
            return Ok(ready);
        }
        self.flush().await?;
        Ok(next_within(events, time_left).await)
    }
}

/// Lets the tasks that are ready run once. Unlike [`tokio::task::yield_now`] it does not wait for sockets to be polled.
async fn yield_once() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The engine's next event, or a `Timeout` error if the engine's time runs out first.
async fn next_within(events: &mut EngineEvents, time_left: &mut Duration) -> Option<EngineResult> {
    let since = tokio::time::Instant::now();
    let next = tokio::time::timeout(*time_left, events.next()).await;
    *time_left = time_left.saturating_sub(since.elapsed());
    next.unwrap_or_else(|_| {
        *time_left = Duration::ZERO;
        let detail = "The engine has worked at this page for as long as it may.";
        Some(Err(EngineError::new(EngineErrorKind::Timeout, detail)))
    })
}
