//! Recognizes one page of a run, as a stream of events: renders the page's image, then sends it to an engine. Dropping the
//! stream stops both.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_stream::stream;
use futures::{Stream, StreamExt as _, stream::BoxStream};
use inkstream_wire::{DocumentKind, ErrorCode, PageWarning, PixelBox};

use super::{
    attempts::{Attempts, Next},
    bound::{self, TokenBound},
    embedded,
    reservation::Reservation,
};
use crate::{
    Error,
    engines::{BreakerPermit, EngineHandle, QueuePosition},
    image::{ImageSpec, PageImage},
    metrics::Stage,
    ports::{Clock, EngineError, EngineErrorKind, EngineEvent, Finish, OpenDocument, ReadRequest, TokenUsage},
};

/// What the pages of a run share.
pub(super) struct Reading {
    pub(super) document: Box<dyn OpenDocument>,
    /// The engine's route, then those of its fallbacks, in order; at least one.
    pub(super) routes: Vec<Route>,
    pub(super) dpi: Option<f32>,
    /// Whether a PDF page's text layer is used where it is sound.
    pub(super) embedded: bool,
    /// The client for which the pages are queued.
    pub(super) client: Arc<str>,
    /// The token bound of the answer that the run belongs to.
    pub(super) bound: Option<TokenBound>,
    /// Token reservations, for users with a token quota.
    pub(super) reservation: Option<Reservation>,
    /// The time that an engine has for a page, over all its attempts.
    pub(super) page_deadline: Duration,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether an engine has answered any page of this run.
    pub(super) answered: AtomicBool,
}

impl Reading {
    /// The route of the requested engine, before its fallbacks.
    pub(super) fn first(&self) -> &Route {
        &self.routes[0]
    }
}

/// An engine and the request to it.
pub(super) struct Route {
    pub(super) handle: Arc<EngineHandle>,
    pub(super) request: ReadRequest,
}

/// The page image that an engine has begun to read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReadStart {
    /// The model that reads it.
    pub(super) model: String,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) dpi: Option<f32>,
    pub(super) lowered_dpi: Option<f32>,
    /// Warnings about the image.
    pub(super) warnings: Vec<PageWarning>,
    /// Clockwise rotation of the image in degrees.
    pub(super) rotation: u16,
    /// Size of the encoded image in bytes.
    pub(super) bytes: u64,
    /// Characters of the prompt.
    pub(super) prompt_chars: u64,
}

/// An event of a page.
pub(super) enum PageEvent {
    /// This many pages come before it in the engine's queue.
    Waiting(u32),
    /// It holds an engine permit.
    PermitGranted,
    /// An engine has begun to read it. A second one resets the page: the text so far is void.
    ReadStart(ReadStart),
    Text {
        delta: String,
        bounds: Option<PixelBox>,
        tokens: Option<TokenUsage>,
    },
    Tokens(TokenUsage),
    /// An attempt has ended.
    Attempted {
        model: String,
        outcome: &'static str,
        seconds: f64,
    },
    Finished(Finish),
    Failed(Error),
    /// It is not read, because the answer's token bound was reached before it.
    Skipped,
}

/// Recognizes a page. The last event is `Finished`, `Failed` or `Skipped`. Dropping the stream stops renderer and engine.
pub(super) fn recognize(reading: Arc<Reading>, page: u32) -> BoxStream<'static, (u32, PageEvent)> {
    match reading.bound.clone() {
        Some(bound) => bound::recognize(reading, bound, page).map(move |event| (page, event)).boxed(),
        None => events(reading, page, None).map(move |event| (page, event)).boxed(),
    }
}

/// As [`recognize`], with at most `max_tokens` tokens from the engine.
pub(super) fn events(
    reading: Arc<Reading>,
    page: u32,
    max_tokens: Option<u64>,
) -> impl Stream<Item = PageEvent> + Send {
    stream! {
        if reading.embedded && let Some(events) = embedded::extract(&reading, page).await {
            for event in events {
                yield event;
            }
            return;
        }
        let mut routes = reading.routes.iter();
        let Some(mut route) = routes.next() else { return };
        let mut request = ReadRequest { max_tokens, ..route.request.clone() };
        let mut time_left = reading.page_deadline;
        // If the engine is known to be unreachable, a new run fails after one attempt, instead of waiting for retries.
        let unreachable = route.handle.is_unreachable() && !reading.answered.load(Ordering::Relaxed);
        let max_attempts = if unreachable { 1 } else { route.handle.info().limits.attempts };
        let mut attempts = Attempts::new(max_attempts, reading.routes.len() - 1);
        let mut rendered: Option<(ImageSpec, PageImage)> = None;
        // Whether text of the page was sent, and the tokens that earlier attempts used.
        let (mut text_sent, mut spent) = (false, 0);
        let failure = loop {
            let handle = &route.handle;
            let (spec, image) = match render(&reading, route, &request, page, rendered.take()).await {
                Ok(rendered) => rendered,
                Err(error) => break error,
            };
            // Reserve before queuing: a page that holds a permit must not wait for a page that has none.
            if let Some(reservation) = &reading.reservation
                && let Err(error) = reservation.hold(page, spent + handle.info().limits.tokens_per_page).await
            {
                break error;
            }
            let queued_at = Instant::now();
            let mut permit = handle.enqueue(&reading.client);
            while let QueuePosition::Ahead(ahead) = permit.position() {
                yield PageEvent::Waiting(ahead);
                permit.changed().await;
            }
            yield PageEvent::PermitGranted;
            let next = match handle.admit() {
                Err(wait) => match attempts.breaker_open(reading.answered.load(Ordering::Relaxed), wait) {
                    Next::GiveUp => break breaker_open(wait),
                    next => next,
                },
                Ok(breaker_permit) => {
                    request.last = attempts.begin();
                    let begun = Instant::now();
                    let mut used = TokenUsage::default();
                    let ended = {
                        let mut attempt = pin!(attempt(&reading, route, request.clone(), image.clone(), breaker_permit, queued_at, &mut time_left));
                        loop {
                            let event = match attempt.next().await {
                                Some(Ok(event)) => event,
                                Some(Err(error)) => break Err(error),
                                None => break Err(broken()),
                            };
                            match &event {
                                PageEvent::Text { tokens, .. } => {
                                    text_sent = true;
                                    used = tokens.unwrap_or(used);
                                }
                                PageEvent::Tokens(tokens) => used = *tokens,
                                _ => {}
                            }
                            if let PageEvent::Finished(finish) = event {
                                break Ok(finish);
                            }
                            yield event;
                        }
                    };
                    let timed_out = time_left.is_zero();
                    let error = match ended {
                        Err(error) => error,
                        Ok(finish) => {
                            // Drop the permit before the page is written, so that another page can be read meanwhile.
                            drop(permit);
                            yield attempted(route, "ok", begun);
                            yield PageEvent::Finished(finish);
                            return;
                        }
                    };
                    yield attempted(route, error.kind.as_str(), begun);
                    spent += used.prompt_tokens + used.completion_tokens;
                    if text_sent && !request.resets {
                        break error.into();
                    }
                    if matches!(error.kind, EngineErrorKind::Invalid | EngineErrorKind::Repetition) {
                        request.attempt += 1;
                        request.rotation = (request.rotation + error.rotation.unwrap_or(0)) % 360;
                    }
                    match attempts.after(&error, timed_out) {
                        Next::GiveUp => break error.into(),
                        next => next,
                    }
                }
            };
            // Drop the permit before sleeping.
            drop(permit);
            match (next, routes.as_slice().first()) {
                (Next::Retry(wait), _) => tokio::time::sleep(wait).await,
                (Next::Fallback, Some(next)) => {
                    handle.metrics().fell_back();
                    request = ReadRequest { rotation: request.rotation, max_tokens, ..next.request.clone() };
                    time_left = reading.page_deadline;
                    route = next;
                    routes.next();
                }
                (Next::Fallback | Next::GiveUp, _) => return,
            }
            rendered = Some((spec, image));
        };
        yield PageEvent::Failed(failure);
    }
}

/// Makes one attempt and reports its outcome to the engine's handle. The last item is `Finished` or an error. `time_left` is
/// the engine's remaining time for the page; only time spent waiting for the engine is subtracted.
fn attempt<'a>(
    reading: &'a Reading,
    route: &'a Route,
    request: ReadRequest,
    image: PageImage,
    breaker_permit: BreakerPermit<'a>,
    queued_at: Instant,
    time_left: &'a mut Duration,
) -> impl Stream<Item = Result<PageEvent, EngineError>> + Send + 'a {
    stream! {
        let handle = &route.handle;
        let begun = Instant::now();
        let read_start = read_start(reading, route, &request, &image);
        let mut breaker_permit = breaker_permit;
        let mut answering = false;
        let mut last_text: Option<Instant> = None;
        let mut events = handle.engine().read(image, request);
        while let Some(event) = next_within(&mut events, time_left).await {
            if !answering && event.as_ref().is_ok_and(EngineEvent::is_answer) {
                answering = true;
                reading.answered.store(true, Ordering::Relaxed);
                handle.answering(&mut breaker_permit, reading.clock.now());
                handle.metrics().stage(Stage::Queue, queued_at.elapsed());
                yield Ok(PageEvent::ReadStart(read_start.clone()));
            }
            yield match event {
                Ok(EngineEvent::Started) => continue,
                Ok(EngineEvent::Text { delta, bounds, tokens }) => {
                    let now = Instant::now();
                    if let Some(last) = last_text.replace(now) {
                        handle.metrics().delta_gap(now - last);
                    }
                    Ok(PageEvent::Text { delta, bounds, tokens })
                }
                Ok(EngineEvent::Usage(tokens)) => Ok(PageEvent::Tokens(tokens)),
                Ok(EngineEvent::Finished(finish)) => {
                    handle.metrics().stage(Stage::Recognise, begun.elapsed());
                    breaker_permit.succeeded();
                    yield Ok(PageEvent::Finished(finish));
                    return;
                }
                Err(error) => {
                    handle.metrics().error(error.kind.as_str());
                    handle.failed(breaker_permit, &error, reading.clock.now());
                    yield Err(error);
                    return;
                }
            };
        }
    }
}

/// The engine's next event, or a `Timeout` error if the engine's time runs out first.
async fn next_within(
    events: &mut BoxStream<'static, Result<EngineEvent, EngineError>>,
    time_left: &mut Duration,
) -> Option<Result<EngineEvent, EngineError>> {
    let since = tokio::time::Instant::now();
    let next = tokio::time::timeout(*time_left, events.next()).await;
    *time_left = time_left.saturating_sub(since.elapsed());
    next.unwrap_or_else(|_| {
        *time_left = Duration::ZERO;
        let detail = "The engine has worked at this page for as long as it may.";
        Some(Err(EngineError::new(EngineErrorKind::Timeout, detail)))
    })
}

/// Renders the image that the engine wants. Reuses the previous attempt's image if its spec is the same.
async fn render(
    reading: &Reading,
    route: &Route,
    request: &ReadRequest,
    page: u32,
    previous: Option<(ImageSpec, PageImage)>,
) -> Result<(ImageSpec, PageImage), Error> {
    let spec = route.handle.engine().image_spec(request, reading.dpi);
    if let Some(same) = previous.filter(|(previous, _)| *previous == spec) {
        return Ok(same);
    }
    let begun = Instant::now();
    let image = reading.document.render(page, &spec).await?;
    route.handle.metrics().stage(Stage::Render, begun.elapsed());
    Ok((spec, image))
}

fn read_start(reading: &Reading, route: &Route, request: &ReadRequest, image: &PageImage) -> ReadStart {
    let spec = route.handle.engine().image_spec(request, reading.dpi);
    ReadStart {
        model: route.handle.info().identity.model.clone(),
        width: image.width,
        height: image.height,
        dpi: image.dpi.map(round_to_tenths),
        lowered_dpi: lowered_dpi(reading, image),
        warnings: image.warnings.clone(),
        rotation: spec.rotation,
        bytes: image.data.len(),
        prompt_chars: route.handle.engine().prompt_chars(request),
    }
}

fn attempted(route: &Route, outcome: &'static str, begun: Instant) -> PageEvent {
    let model = route.handle.info().identity.model.clone();
    PageEvent::Attempted { model, outcome, seconds: begun.elapsed().as_secs_f64() }
}

fn broken() -> EngineError {
    EngineError::new(EngineErrorKind::Broken, "The engine's answer broke off.")
}

/// The error while the engine's circuit breaker is open for `wait`.
fn breaker_open(wait: Duration) -> Error {
    let detail = "The engine is down: its last answers were failures.";
    Error::new(ErrorCode::Unavailable, detail).retry_after(wait.as_secs().max(1))
}

/// The resolution of the image, if it is lower than the caller or the engine requested.
fn lowered_dpi(reading: &Reading, image: &PageImage) -> Option<f32> {
    // Image documents keep their pixels, whatever resolution is requested.
    let requested = reading.dpi.filter(|_| reading.document.info().kind == DocumentKind::Pdf).map(round_to_tenths);
    let dpi = image.dpi.map(round_to_tenths);
    dpi.filter(|dpi| requested.is_some_and(|requested| *dpi < requested)).or(image.lowered_dpi.map(round_to_tenths))
}

/// Rounds a resolution to tenths of a dot per inch, as it is reported.
fn round_to_tenths(dpi: f32) -> f32 {
    (dpi * 10.0).round() / 10.0
}
