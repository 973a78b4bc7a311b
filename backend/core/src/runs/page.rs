//! One page of a run: rendered, then read, as a stream that stops when it is dropped.

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
    /// The engine, and those that stand in for it, in order; at least one.
    pub(super) routes: Vec<Route>,
    pub(super) dpi: Option<f32>,
    /// Whether the text that a page carries itself is taken where it is sound.
    pub(super) embedded: bool,
    /// Whom the pages stand in line for.
    pub(super) client: Arc<str>,
    /// The bound of the answer that the run belongs to.
    pub(super) bound: Option<TokenBound>,
    /// Reserves a page's tokens, where the user's are limited.
    pub(super) reservation: Option<Reservation>,
    /// How long an engine may work at a page, all its attempts together.
    pub(super) page_deadline: Duration,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether an engine has answered about any page.
    pub(super) answered: AtomicBool,
}

impl Reading {
    /// The engine that was asked for, before any that stands in for it.
    pub(super) fn first(&self) -> &Route {
        &self.routes[0]
    }
}

/// An engine and what it is asked.
pub(super) struct Route {
    pub(super) handle: Arc<EngineHandle>,
    pub(super) request: ReadRequest,
}

/// The picture that an engine has taken up.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReadStart {
    /// The model that reads it.
    pub(super) model: String,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) dpi: Option<f32>,
    pub(super) lowered_dpi: Option<f32>,
    /// What is wrong with the picture.
    pub(super) warnings: Vec<PageWarning>,
    /// Clockwise turn in degrees.
    pub(super) rotation: u16,
    /// Bytes of the picture.
    pub(super) bytes: u64,
    /// Characters of the prompt that went with it.
    pub(super) prompt_chars: u64,
}

/// What happens on a page.
pub(super) enum PageEvent {
    /// So many pages come before it at the engine.
    Waiting(u32),
    /// It has its place at the engine.
    PermitGranted,
    /// An engine has taken it up; anew, where one had before.
    ReadStart(ReadStart),
    Text {
        delta: String,
        bounds: Option<PixelBox>,
        tokens: Option<TokenUsage>,
    },
    Tokens(TokenUsage),
    /// An attempt is over, with this outcome.
    Attempted {
        model: String,
        outcome: &'static str,
        seconds: f64,
    },
    Finished(Finish),
    Failed(Error),
    /// It is not read: the answer's bound was reached before it.
    PassedOver,
}

/// Renders and reads a page. The last event is `Finished` or `Failed`; dropping the stream stops renderer and engine.
pub(super) fn read(reading: Arc<Reading>, page: u32) -> BoxStream<'static, (u32, PageEvent)> {
    match reading.bound.clone() {
        Some(bound) => bound::read(reading, bound, page).map(move |event| (page, event)).boxed(),
        None => events(reading, page, None).map(move |event| (page, event)).boxed(),
    }
}

/// What happens on a page of which an engine may make at most so many tokens.
pub(super) fn events(
    reading: Arc<Reading>,
    page: u32,
    max_tokens: Option<u64>,
) -> impl Stream<Item = PageEvent> + Send {
    stream! {
        if reading.embedded && let Some(events) = embedded::read(&reading, page).await {
            for event in events {
                yield event;
            }
            return;
        }
        let mut routes = reading.routes.iter();
        let Some(mut route) = routes.next() else { return };
        let mut request = ReadRequest { max_tokens, ..route.request.clone() };
        let mut left = reading.page_deadline;
        // A run that begins while its engine is known to be away hears so at the first attempt.
        let away = route.handle.is_silent() && !reading.answered.load(Ordering::Relaxed);
        let max = if away { 1 } else { route.handle.info().attempts };
        let mut attempts = Attempts::new(max, reading.routes.len() - 1);
        let mut rendered: Option<(ImageSpec, PageImage)> = None;
        // Whether text of the page went out, and the tokens that attempts have used.
        let (mut told, mut spent) = (false, 0);
        let failure = loop {
            let handle = &route.handle;
            let (spec, image) = match render(&reading, route, &request, page, rendered.take()).await {
                Ok(rendered) => rendered,
                Err(error) => break error,
            };
            // Before the line: who has a place at the engine waits for no page that has none.
            if let Some(reservation) = &reading.reservation
                && let Err(error) = reservation.hold(page, spent + handle.info().tokens_per_page).await
            {
                break error;
            }
            let queued_at = Instant::now();
            let mut permit = handle.enqueue(&reading.client);
            while let QueuePosition::Ahead(ahead) = permit.position() {
                yield PageEvent::Waiting(ahead);
                permit.moved().await;
            }
            yield PageEvent::PermitGranted;
            let next = match handle.admit() {
                Err(wait) => match attempts.left_alone(reading.answered.load(Ordering::Relaxed), wait) {
                    Next::Nothing => break down(wait),
                    next => next,
                },
                Ok(breaker_permit) => {
                    request.last = attempts.begin();
                    let begun = Instant::now();
                    let mut used = TokenUsage::default();
                    let ended = {
                        let mut attempt = pin!(attempt(&reading, route, request.clone(), image.clone(), breaker_permit, queued_at, &mut left));
                        loop {
                            let event = match attempt.next().await {
                                Some(Ok(event)) => event,
                                Some(Err(error)) => break Err(error),
                                None => break Err(broken()),
                            };
                            match &event {
                                PageEvent::Text { tokens, .. } => {
                                    told = true;
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
                    let late = left.is_zero();
                    let error = match ended {
                        Err(error) => error,
                        Ok(finish) => {
                            // While the page is written, another may be read.
                            drop(permit);
                            yield attempted(route, "ok", begun);
                            yield PageEvent::Finished(finish);
                            return;
                        }
                    };
                    yield attempted(route, error.kind.as_str(), begun);
                    spent += used.prompt_tokens + used.completion_tokens;
                    if told && !request.resets {
                        break error.into();
                    }
                    if matches!(error.kind, EngineErrorKind::Invalid | EngineErrorKind::Repetition) {
                        request.attempt += 1;
                        request.rotation = (request.rotation + error.rotation.unwrap_or(0)) % 360;
                    }
                    match attempts.after(&error, late) {
                        Next::Nothing => break error.into(),
                        next => next,
                    }
                }
            };
            // Who waits keeps no place.
            drop(permit);
            match (next, routes.as_slice().first()) {
                (Next::Again(wait), _) => tokio::time::sleep(wait).await,
                (Next::Fallback, Some(next)) => {
                    handle.metrics().fell_back();
                    request = ReadRequest { rotation: request.rotation, max_tokens, ..next.request.clone() };
                    left = reading.page_deadline;
                    route = next;
                    routes.next();
                }
                (Next::Fallback | Next::Nothing, _) => return,
            }
            rendered = Some((spec, image));
        };
        yield PageEvent::Failed(failure);
    }
}

/// One attempt: ends with `Finished` or an error, and tells the station how it went. `left` is the time that the engine may
/// still work at the page; only what it is waited for counts.
fn attempt<'a>(
    reading: &'a Reading,
    route: &'a Route,
    request: ReadRequest,
    image: PageImage,
    breaker_permit: BreakerPermit<'a>,
    queued_at: Instant,
    left: &'a mut Duration,
) -> impl Stream<Item = Result<PageEvent, EngineError>> + Send + 'a {
    stream! {
        let handle = &route.handle;
        let begun = Instant::now();
        let read_start = read_start(reading, route, &request, &image);
        let mut breaker_permit = breaker_permit;
        let mut answers = false;
        let mut last_text: Option<Instant> = None;
        let mut events = handle.engine().read(image, request);
        while let Some(event) = next_within(&mut events, left).await {
            if !answers && event.as_ref().is_ok_and(EngineEvent::is_answer) {
                answers = true;
                reading.answered.store(true, Ordering::Relaxed);
                handle.answers(&mut breaker_permit, reading.clock.now());
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

/// The engine's next event. Once its time is over, that is an error.
async fn next_within(
    events: &mut BoxStream<'static, Result<EngineEvent, EngineError>>,
    left: &mut Duration,
) -> Option<Result<EngineEvent, EngineError>> {
    let since = tokio::time::Instant::now();
    let next = tokio::time::timeout(*left, events.next()).await;
    *left = left.saturating_sub(since.elapsed());
    next.unwrap_or_else(|_| {
        *left = Duration::ZERO;
        let detail = "The engine has worked at this page for as long as it may.";
        Some(Err(EngineError::new(EngineErrorKind::Timeout, detail)))
    })
}

/// The picture that the engine wants; the one before it, if that is the same.
async fn render(
    reading: &Reading,
    route: &Route,
    request: &ReadRequest,
    page: u32,
    before: Option<(ImageSpec, PageImage)>,
) -> Result<(ImageSpec, PageImage), Error> {
    let spec = route.handle.engine().image_spec(request, reading.dpi);
    if let Some(same) = before.filter(|(before, _)| *before == spec) {
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
        model: route.handle.info().model.clone(),
        width: image.width,
        height: image.height,
        dpi: image.dpi.map(tenths),
        lowered_dpi: lowered(reading, image),
        warnings: image.warnings.clone(),
        rotation: spec.rotation,
        bytes: image.data.len(),
        prompt_chars: route.handle.engine().prompt_chars(request),
    }
}

fn attempted(route: &Route, outcome: &'static str, begun: Instant) -> PageEvent {
    let model = route.handle.info().model.clone();
    PageEvent::Attempted { model, outcome, seconds: begun.elapsed().as_secs_f64() }
}

fn broken() -> EngineError {
    EngineError::new(EngineErrorKind::Broken, "The engine's answer broke off.")
}

/// The engine only fails, and is left alone for so long.
fn down(wait: Duration) -> Error {
    let detail = "The engine is down: its last answers were failures.";
    Error::new(ErrorCode::Unavailable, detail).retry_after(wait.as_secs().max(1))
}

/// The resolution that a page got, where it is less than the caller or the engine asked for.
fn lowered(reading: &Reading, image: &PageImage) -> Option<f32> {
    // Pictures keep their pixels, whatever is asked for.
    let asked = reading.dpi.filter(|_| reading.document.info().kind == DocumentKind::Pdf).map(tenths);
    let dpi = image.dpi.map(tenths);
    dpi.filter(|dpi| asked.is_some_and(|asked| *dpi < asked)).or(image.lowered_dpi.map(tenths))
}

/// A resolution as it is told: in tenths of a dot per inch.
fn tenths(dpi: f32) -> f32 {
    (dpi * 10.0).round() / 10.0
}
