//! The reading of one page, from its text layer or by one engine after the other. Dropping the future stops renderer and engine.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use inkstream_wire::{DocumentKind, ErrorCode, PageWarning, PixelBox, Task, WarningCode};

use super::{
    PageEvent, PageReader, PageSink, PageSource, PageTask, ReadStart, Route, SinkClosed,
    accumulator::PageAccumulator,
    attempts::{Attempts, Next},
    embedded_text::{self, EmbeddedPage},
    engine_attempt::{AttemptError, EngineAttempt},
    lines::{Line, LineBuffer, Rest},
    token_meter::TokenMeter,
};
use crate::{
    Error,
    engines::QueuePosition,
    image::{ImageSpec, PageImage},
    metrics::Stage,
    ports::{EngineError, EngineErrorKind, Finish, PageStructure, ReadRequest, TokenUsage},
};

/// A page that is being read.
pub(super) struct Recognition<'a, S> {
    pub(super) reader: &'a PageReader,
    task: PageTask,
    sink: &'a mut S,
    /// The part of the page that has arrived so far.
    pub(super) accumulator: PageAccumulator,
    /// Lines that are not sent yet.
    lines: LineBuffer,
    /// The meter of [`PageTask::max_tokens`].
    pub(super) meter: Option<TokenMeter>,
    /// Whether an event was sent.
    pub(super) has_begun: bool,
    /// Whether text was sent, in any attempt.
    has_text: bool,
}

/// Why a page was not read to its end.
pub(super) enum Interruption {
    Failed(Error),
    /// The sink is closed, or the reading was stopped.
    Stopped,
}

impl From<SinkClosed> for Interruption {
    fn from(_: SinkClosed) -> Self {
        Self::Stopped
    }
}

impl From<Error> for Interruption {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<EngineError> for Interruption {
    fn from(error: EngineError) -> Self {
        Self::Failed(error.into())
    }
}

impl<'a, S: PageSink> Recognition<'a, S> {
    pub(super) fn new(reader: &'a PageReader, task: PageTask, sink: &'a mut S, meter: Option<TokenMeter>) -> Self {
        let accumulator = PageAccumulator::default();
        let lines = LineBuffer::default();
        Self { reader, task, sink, accumulator, lines, meter, has_begun: false, has_text: false }
    }

    /// Reads the page and sends all its text.
    pub(super) async fn run(&mut self) -> Result<Finish, Interruption> {
        let ended = self.recognize().await;
        if !matches!(ended, Err(Interruption::Stopped)) {
            self.flush().await?;
        }
        ended
    }

    async fn recognize(&mut self) -> Result<Finish, Interruption> {
        let source = &self.reader.source;
        let PageTask { page, max_tokens } = self.task;
        if source.plan.text_layer
            && let Some(embedded) = embedded_text::extract(source, page).await
        {
            return Ok(self.take_embedded(embedded).await?);
        }
        let mut route = &source.plan.route;
        let mut fallbacks = source.plan.fallbacks.iter();
        let mut request = ReadRequest { max_tokens, ..route.request.clone() };
        let mut time_left = source.page_deadline;
        // If the engine is known to be unreachable, the first page fails after one attempt, instead of waiting for retries.
        let unreachable = route.handle.is_unreachable() && !self.has_answered();
        let max_attempts = if unreachable { 1 } else { route.handle.info().limits.attempts };
        let mut attempts = Attempts::new(max_attempts, source.plan.fallbacks.len());
        let mut rendered: Option<(ImageSpec, PageImage)> = None;
        // The tokens that earlier attempts used.
        let mut spent = 0;
        loop {
            let handle = &route.handle;
            let (spec, image) = render(source, route, &request, page, rendered.take()).await?;
            // Reserve before queuing: a page that holds a permit must not wait for a page that has none.
            if let Some(reservation) = &source.reservation {
                reservation.hold(page, spent + handle.info().limits.tokens_per_page).await?;
            }
            let queued_at = Instant::now();
            let mut permit = handle.enqueue(&source.client);
            while let QueuePosition::Ahead(ahead) = permit.position() {
                self.send(PageEvent::Queued(ahead)).await?;
                permit.changed().await;
            }
            self.send(PageEvent::Dequeued).await?;
            let next = match handle.admit() {
                Err(wait) => match attempts.breaker_open(self.has_answered(), wait) {
                    Next::GiveUp => return Err(breaker_open(wait).into()),
                    next => next,
                },
                Ok(breaker_permit) => {
                    request.last = attempts.begin();
                    let begun = Instant::now();
                    let attempt = EngineAttempt {
                        route,
                        start: read_start(source, route, &request, &image),
                        request: request.clone(),
                        image: image.clone(),
                        breaker_permit,
                        queued_at,
                        time_left: &mut time_left,
                    };
                    let error = match self.attempt(attempt).await {
                        Ok(finish) => {
                            self.attempted(route, "ok", begun);
                            return Ok(finish);
                        }
                        Err(AttemptError::SinkClosed) => return Err(Interruption::Stopped),
                        Err(AttemptError::Engine(error)) => error,
                    };
                    let TokenUsage { prompt_tokens, completion_tokens } = self.accumulator.reported_tokens();
                    spent += prompt_tokens + completion_tokens;
                    self.attempted(route, error.kind.as_str(), begun);
                    if self.has_text && !request.resets {
                        return Err(error.into());
                    }
                    if matches!(error.kind, EngineErrorKind::Invalid | EngineErrorKind::Repetition) {
                        request.attempt += 1;
                        request.rotation = (request.rotation + error.rotation.unwrap_or(0)) % 360;
                    }
                    match attempts.after(&error, time_left.is_zero()) {
                        Next::GiveUp => return Err(error.into()),
                        next => next,
                    }
                }
            };
            self.flush().await?;
            // Drop the permit before sleeping.
            drop(permit);
            match next {
                Next::Retry(wait) => tokio::time::sleep(wait).await,
                Next::Fallback | Next::GiveUp => {
                    let Some(fallback) = fallbacks.next() else {
                        return Err(Error::internal("a page has no fallback left").into());
                    };
                    handle.metrics().fell_back();
                    request = ReadRequest { rotation: request.rotation, max_tokens, ..fallback.request.clone() };
                    time_left = source.page_deadline;
                    route = fallback;
                }
            }
            rendered = Some((spec, image));
        }
    }

    async fn take_embedded(&mut self, embedded: EmbeddedPage) -> Result<Finish, SinkClosed> {
        let EmbeddedPage { start, lines, structure, occurrences } = embedded;
        self.begin(start, self.reader.request().task).await?;
        // No model was used, so no tokens are estimated either.
        self.count(TokenUsage::default());
        for (line, bounds) in lines {
            if !self.line(line, bounds).await? {
                return Ok(truncated());
            }
        }
        self.finish_lines(Finish { reason: Some("stop".to_owned()), structure, occurrences, ..Finish::default() }).await
    }

    /// An engine has begun to answer, or the text layer is used.
    pub(super) async fn begin(&mut self, start: ReadStart, task: Task) -> Result<(), SinkClosed> {
        let failed = self.accumulator.attempts.last().filter(|_| self.accumulator.start.is_some());
        let event = match failed {
            Some(failed) => PageEvent::Reset { start: start.clone(), reason: failed.outcome.clone() },
            None => PageEvent::Start(start.clone()),
        };
        self.accumulator.begin(start);
        self.lines = LineBuffer::new(task, self.reader.source.plan.dehyphenate);
        if let Some(meter) = &mut self.meter {
            meter.restart();
        }
        self.send(event).await
    }

    /// Appends text. Returns false if the page has reached its maximum number of tokens, where the text is cut.
    pub(super) async fn text(
        &mut self,
        mut delta: String,
        bounds: Option<PixelBox>,
        tokens: Option<TokenUsage>,
    ) -> Result<bool, SinkClosed> {
        let fits = self.cut(&mut delta, tokens);
        if fits || !delta.is_empty() {
            self.accumulator.add_text(&delta, bounds);
            self.send_text(delta, bounds).await?;
        }
        Ok(fits)
    }

    /// Appends a line, at once or once the next one is known. Returns false as [`Self::text`].
    pub(super) async fn line(&mut self, text: String, bounds: PixelBox) -> Result<bool, SinkClosed> {
        for line in self.lines.push(Line { text, bounds }) {
            if !self.send_line(line).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn send_line(&mut self, Line { mut text, bounds }: Line) -> Result<bool, SinkClosed> {
        let fits = self.cut(&mut text, None);
        if fits || !text.is_empty() {
            self.accumulator.add_line(&text, bounds);
            self.send_text(text, Some(bounds)).await?;
        }
        Ok(fits)
    }

    /// The attempt has ended: sends what is left of its lines.
    pub(super) async fn finish_lines(&mut self, mut finish: Finish) -> Result<Finish, SinkClosed> {
        match std::mem::take(&mut self.lines).finish(&mut finish.structure) {
            Rest::Line(None) => {}
            Rest::Line(Some(line)) => {
                if !self.send_line(line).await? {
                    return Ok(truncated());
                }
            }
            Rest::Markdown(lines) => {
                let size = self.accumulator.start.as_ref().map(|start| (start.width, start.height));
                let mut content = std::mem::take(&mut finish.structure).content(&lines, size);
                for (part, bounds) in content.rewrite_as_markdown() {
                    if !self.text(part, bounds, None).await? {
                        return Ok(truncated());
                    }
                }
                finish.structure = PageStructure::Content(content);
            }
        }
        Ok(finish)
    }

    /// Cuts text at the maximum number of tokens, and returns whether all of it fits. The engine's tokens count as used even where the
    /// text does not fit.
    fn cut(&mut self, text: &mut String, tokens: Option<TokenUsage>) -> bool {
        let fits = self.meter.as_mut().and_then(|meter| meter.take(text, tokens));
        if let Some(fits) = fits {
            text.truncate(fits);
        }
        if let Some(tokens) = tokens {
            self.accumulator.count(tokens);
        }
        fits.is_none()
    }

    async fn send_text(&mut self, delta: String, bounds: Option<PixelBox>) -> Result<(), SinkClosed> {
        self.has_text = true;
        self.send(PageEvent::Text { delta, bounds }).await
    }

    pub(super) fn count(&mut self, tokens: TokenUsage) {
        if let Some(meter) = &mut self.meter {
            meter.count(tokens);
        }
        self.accumulator.count(tokens);
    }

    fn attempted(&mut self, route: &Route, outcome: &'static str, begun: Instant) {
        let model = route.handle.info().identity.model.clone();
        let seconds = begun.elapsed().as_secs_f64();
        self.accumulator.attempted(model, outcome, seconds, &self.reader.source.prices);
    }

    async fn send(&mut self, event: PageEvent) -> Result<(), SinkClosed> {
        self.has_begun = true;
        self.sink.send(event).await
    }

    pub(super) async fn flush(&mut self) -> Result<(), SinkClosed> {
        self.sink.flush().await
    }

    fn has_answered(&self) -> bool {
        self.reader.answered.load(Ordering::Relaxed)
    }
}

/// The end of a page whose text was cut at its maximum number of tokens.
pub(super) fn truncated() -> Finish {
    let message = "The text ends at the number of tokens that was asked for: the rest of the page is missing.";
    let warnings = vec![PageWarning::new(WarningCode::TruncatedText, message)];
    Finish { reason: Some("length".to_owned()), warnings, ..Finish::default() }
}

/// Renders the image that the engine wants. Reuses the previous attempt's image if its spec is the same.
async fn render(
    source: &PageSource,
    route: &Route,
    request: &ReadRequest,
    page: u32,
    previous: Option<(ImageSpec, PageImage)>,
) -> Result<(ImageSpec, PageImage), Error> {
    let spec = route.handle.engine().image_spec(request, source.plan.dpi);
    if let Some(same) = previous.filter(|(previous, _)| *previous == spec) {
        return Ok(same);
    }
    let begun = Instant::now();
    let image = source.document.render(page, &spec).await?;
    route.handle.metrics().stage(Stage::Render, begun.elapsed());
    Ok((spec, image))
}

fn read_start(source: &PageSource, route: &Route, request: &ReadRequest, image: &PageImage) -> ReadStart {
    let spec = route.handle.engine().image_spec(request, source.plan.dpi);
    ReadStart {
        model: route.handle.info().identity.model.clone(),
        engine: None,
        languages: request.languages.clone(),
        width: image.width,
        height: image.height,
        dpi: image.dpi.map(round_resolution),
        lowered_dpi: lowered_dpi(source, image),
        warnings: image.warnings.clone(),
        rotation: spec.rotation,
        bytes: image.data.len(),
        prompt_chars: route.handle.engine().prompt_chars(request),
    }
}

/// The error while the engine's circuit breaker is open for `wait`.
fn breaker_open(wait: Duration) -> Error {
    let detail = "The engine is down: its last answers were failures.";
    Error::new(ErrorCode::Unavailable, detail).retry_after(wait.as_secs().max(1))
}

/// The resolution of the image, if it is lower than the caller or the engine requested.
fn lowered_dpi(source: &PageSource, image: &PageImage) -> Option<f32> {
    // Image documents keep their pixels, whatever resolution is requested.
    let requested = source.plan.dpi.filter(|_| source.document.info().kind == DocumentKind::Pdf).map(round_resolution);
    let dpi = image.dpi.map(round_resolution);
    dpi.filter(|dpi| requested.is_some_and(|requested| *dpi < requested)).or(image.lowered_dpi.map(round_resolution))
}

/// Rounds a resolution (dots per inch) to tenths, as it is reported, and one below that to two digits: 0 is none. A page whose PDF
/// says that it is a kilometre wide has so few.
fn round_resolution(dpi: f32) -> f32 {
    if dpi >= 0.1 {
        return (dpi * 10.0).round() / 10.0;
    }
    let scale = 10_f64.powi(1 - f64::from(dpi).log10().floor() as i32);
    ((f64::from(dpi) * scale).round() / scale) as f32
}

#[cfg(test)]
mod tests {
    use super::round_resolution;

    #[test]
    fn a_resolution_is_reported_in_tenths_and_never_as_zero() {
        for (dpi, reported) in [
            (199.96, 200.0),
            (72.04, 72.0),
            (0.1, 0.1),
            (0.049, 0.049),
            (0.001_166, 0.0012),
            (9.96e-5, 0.0001),
            (f32::MIN_POSITIVE, 1.2e-38),
        ] {
            assert!((round_resolution(dpi) - reported).abs() <= reported * 1e-6, "{dpi}: {}", round_resolution(dpi));
        }
    }
}
