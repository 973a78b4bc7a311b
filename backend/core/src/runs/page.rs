//! One page of a run: rendered, then read, as a stream that stops when it is dropped.

use std::{sync::Arc, time::Instant};

use async_stream::stream;
use futures::{Stream, StreamExt as _};
use inkstream_wire::{DocumentKind, PixelBox};
use tokio::sync::Semaphore;

use super::reservation::Reservation;
use crate::{
    Error,
    metrics::{EngineMetrics, Stage},
    picture::Picture,
    ports::{Engine, EngineEvent, Finish, OpenDocument, ReadRequest, TokenUsage},
};

/// What the pages of a run share.
pub(super) struct Reading {
    pub(super) document: Box<dyn OpenDocument>,
    pub(super) engine: Arc<dyn Engine>,
    pub(super) request: ReadRequest,
    pub(super) dpi: Option<f32>,
    pub(super) metrics: EngineMetrics,
    /// Pages that the engine reads at once; meanwhile others are rendered ahead.
    pub(super) slots: Semaphore,
    /// Reserves a page's tokens, where the user's are limited.
    pub(super) reservation: Option<Reservation>,
}

/// The picture that the engine has taken up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Taken {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) dpi: Option<f32>,
    pub(super) lowered_dpi: Option<f32>,
    pub(super) bytes: u64,
}

/// What happens on a page.
pub(super) enum PageEvent {
    Taken(Taken),
    Text { delta: String, bounds: Option<PixelBox>, tokens: Option<TokenUsage> },
    Tokens(TokenUsage),
    Finished(Finish),
    Failed(Error),
}

/// Renders and reads a page. The last event is `Finished` or `Failed`; dropping the stream stops renderer and engine.
pub(super) fn read(reading: Arc<Reading>, page: u32) -> impl Stream<Item = (u32, PageEvent)> + Send {
    stream! {
        let begun = Instant::now();
        let spec = reading.engine.picture(&reading.request, reading.dpi);
        let picture = match reading.document.render(page, &spec).await {
            Ok(picture) => picture,
            Err(error) => {
                yield (page, PageEvent::Failed(error));
                return;
            }
        };
        reading.metrics.stage(Stage::Render, begun.elapsed());

        let rendered = Instant::now();
        // The semaphore is never closed, so there is always a slot to come.
        let _slot = reading.slots.acquire().await;
        let taken = Taken {
            width: picture.width,
            height: picture.height,
            dpi: picture.dpi.map(tenths),
            lowered_dpi: lowered(&reading, &picture),
            bytes: picture.data.len(),
        };
        if let Some(reservation) = &reading.reservation {
            let tokens = reading.engine.info().tokens_per_page;
            if let Err(error) = reservation.hold(page, tokens).await {
                yield (page, PageEvent::Failed(error));
                return;
            }
        }
        let mut started: Option<Instant> = None;
        let mut events = reading.engine.read(picture, reading.request.clone());
        while let Some(event) = events.next().await {
            if started.is_none() && event.is_ok() {
                started = Some(Instant::now());
                reading.metrics.stage(Stage::Queue, rendered.elapsed());
                yield (page, PageEvent::Taken(taken));
            }
            match event {
                Ok(EngineEvent::Started) => {}
                Ok(EngineEvent::Text { delta, bounds, tokens }) => {
                    yield (page, PageEvent::Text { delta, bounds, tokens });
                }
                Ok(EngineEvent::Usage(tokens)) => yield (page, PageEvent::Tokens(tokens)),
                Ok(EngineEvent::Finished(finish)) => {
                    if let Some(started) = started {
                        reading.metrics.stage(Stage::Recognise, started.elapsed());
                    }
                    yield (page, PageEvent::Finished(finish));
                    return;
                }
                Err(error) => {
                    reading.metrics.error(error.kind.as_str());
                    yield (page, PageEvent::Failed(error.into()));
                    return;
                }
            }
        }
        reading.metrics.error("broken");
        let error = Error::new(inkstream_wire::ErrorCode::EngineFailed, "The engine's answer broke off.");
        yield (page, PageEvent::Failed(error));
    }
}

/// The resolution that a page got, where it is less than the caller or the engine asked for.
fn lowered(reading: &Reading, picture: &Picture) -> Option<f32> {
    // Pictures keep their pixels, whatever is asked for.
    let asked = reading.dpi.filter(|_| reading.document.info().kind == DocumentKind::Pdf).map(tenths);
    let dpi = picture.dpi.map(tenths);
    dpi.filter(|dpi| asked.is_some_and(|asked| *dpi < asked)).or(picture.lowered_dpi.map(tenths))
}

/// A resolution as it is told: in tenths of a dot per inch.
fn tenths(dpi: f32) -> f32 {
    (dpi * 10.0).round() / 10.0
}
