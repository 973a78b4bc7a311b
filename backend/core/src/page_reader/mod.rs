//! Reading one page of a document: its text layer or its rendered image, the attempts at its engines, and what
//! came of it.
//!
//! A [`PageReader`] knows neither runs' events nor their readers: it tells a [`PageSink`] what happens, and returns the page's
//! result. A live run and a job without a reader use it alike.

mod accumulator;
mod attempts;
mod embedded_text;
mod engine_attempt;
mod lines;
mod partial_structure;
mod recognition;
mod reservation;
mod token_meter;
mod warnings;

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use inkstream_content::PageContent;
use inkstream_wire::{DocumentId, PageWarning, PixelBox, RunId, SizeMode, Task};
use tokio_util::sync::CancellationToken;

pub use reservation::TokenReservation;

use crate::{
    Error,
    engines::EngineHandle,
    ports::{Clock, EngineStart, OpenDocument, PageOutcome, PageResult, PageStructure, ReadRequest},
    prices::Prices,
};
use accumulator::PageAccumulator;
use recognition::{Interruption, Recognition};
use token_meter::TokenMeter;

/// Reads pages of one document. The pages can be read concurrently.
pub struct PageReader {
    source: PageSource,
    /// Whether an engine has answered any page of this document.
    answered: AtomicBool,
}

/// What is read, how, and within which bounds.
pub struct PageSource {
    /// The run that the results are part of.
    pub run: RunId,
    /// The document's id.
    pub document_id: DocumentId,
    /// The document.
    pub document: Box<dyn OpenDocument>,
    /// How its pages are read.
    pub plan: PagePlan,
    /// The client for which the pages are queued at an engine.
    pub client: Arc<str>,
    /// The token reservations of the run, for users with a token quota.
    pub reservation: Option<Arc<TokenReservation>>,
    /// The time that an engine has for a page, over all its attempts.
    pub page_deadline: Duration,
    /// The operator's prices.
    pub prices: Arc<Prices>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// How pages are read: by which engines, and from what.
pub struct PagePlan {
    /// The requested engine's route.
    pub route: Route,
    /// The routes of its fallbacks, in order.
    pub fallbacks: Vec<Route>,
    /// The requested resolution in dots per inch.
    pub dpi: Option<f32>,
    /// Whether a PDF page's text layer is used where it is sound.
    pub text_layer: bool,
    /// Whether words that are hyphenated at line ends are joined, where lines are located.
    pub dehyphenate: bool,
}

/// An engine and the request to it.
pub struct Route {
    /// The engine.
    pub handle: Arc<EngineHandle>,
    /// The request.
    pub request: ReadRequest,
}

/// One page to read.
#[derive(Debug, Clone, Copy)]
pub struct PageTask {
    /// The page's number in the document, from 1.
    pub page: u32,
    /// The maximum number of completion tokens; the text is cut there.
    pub max_tokens: Option<u64>,
}

/// What happens while a page is read. The result, which says how the page ended, must be written before its end is reported.
#[derive(Debug, Clone, PartialEq)]
pub enum PageEvent {
    /// This many pages come before it in the engine's queue.
    Queued(u32),
    /// It has left the engine's queue.
    Dequeued,
    /// It has begun: an engine answers, or its text layer is used.
    Start(ReadStart),
    /// It has begun again: its text so far is void.
    Reset {
        /// The new beginning.
        start: ReadStart,
        /// How the attempt before ended, as in [`PageAttempt::outcome`](inkstream_wire::PageAttempt).
        reason: String,
    },
    /// Text to append.
    Text {
        /// The text.
        delta: String,
        /// Its bounding box in the image's pixels, if known.
        bounds: Option<PixelBox>,
    },
}

/// The page image that is being read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadStart {
    /// The model that reads it.
    pub model: String,
    /// The engine that chose this model, if that has another name.
    pub engine: Option<String>,
    /// The languages that it is read in, by the engine's names.
    pub languages: Vec<String>,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// Its resolution in dots per inch.
    pub dpi: Option<f32>,
    /// Its resolution, if that is lower than requested.
    pub lowered_dpi: Option<f32>,
    /// Warnings about it.
    pub warnings: Vec<PageWarning>,
    /// Its clockwise rotation in degrees.
    pub rotation: u16,
    /// Its encoded size in bytes.
    pub bytes: u64,
    /// Characters of the prompt sent with it.
    pub prompt_chars: u64,
}

impl ReadStart {
    /// Applies what the engine decided.
    fn apply(&mut self, engine: &EngineStart) {
        if let Some(model) = &engine.model {
            let engine = std::mem::replace(&mut self.model, model.clone());
            self.engine = Some(engine).filter(|engine| *engine != self.model);
        }
        if !engine.rotation.is_multiple_of(180) {
            std::mem::swap(&mut self.width, &mut self.height);
        }
        self.rotation = (self.rotation + engine.rotation) % 360;
        if !engine.languages.is_empty() {
            self.languages.clone_from(&engine.languages);
        }
        self.warnings.extend_from_slice(&engine.warnings);
    }
}

/// The receiver of a page's events has left. The page is not read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SinkClosed;

/// Receives the events of a page. The reading waits for it: that is the back-pressure on the engine.
pub trait PageSink: Send {
    /// Takes an event. Text may be held back until the next event or [`Self::flush`].
    fn send(&mut self, event: PageEvent) -> impl Future<Output = Result<(), SinkClosed>> + Send;
    /// Passes on what was held back: no more text is ready.
    fn flush(&mut self) -> impl Future<Output = Result<(), SinkClosed>> + Send {
        std::future::ready(Ok(()))
    }
}

/// A page that was read, or at least begun.
#[derive(Debug)]
pub struct ReadPage {
    /// The result to write.
    pub result: PageResult,
    /// Why it failed, with the cause that only the log may have.
    pub error: Option<Error>,
    /// The size mode that the engine applied.
    pub size_applied: Option<SizeMode>,
    /// The resolution of its image, if that is lower than requested.
    pub lowered_dpi: Option<f32>,
    /// The completion tokens that count against [`PageTask::max_tokens`].
    pub tokens: u64,
}

impl PageReader {
    /// A reader of this document.
    pub fn new(source: PageSource) -> Self {
        Self { source, answered: AtomicBool::new(false) }
    }

    /// The requested engine.
    pub(crate) fn engine(&self) -> &Arc<EngineHandle> {
        &self.source.plan.route.handle
    }

    /// The request to it.
    pub(crate) fn request(&self) -> &ReadRequest {
        &self.source.plan.route.request
    }

    /// Reads a page to its end, and returns the result, also if it failed. If `stop` is cancelled or the sink is closed, stops
    /// renderer and engine at once; the result is then [`PageOutcome::Aborted`], with the text and the usage so far. `None` if
    /// the page was stopped before its first event.
    pub async fn read(&self, task: PageTask, sink: &mut impl PageSink, stop: &CancellationToken) -> Option<ReadPage> {
        let meter = task
            .max_tokens
            .map(|max| TokenMeter::new(max, self.source.plan.route.handle.info().capabilities.takes_max_tokens));
        let mut recognition = Recognition::new(self, task, sink, meter);
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => Err(Interruption::Stopped),
            ended = recognition.run() => ended,
        };
        let Recognition { accumulator, meter, has_begun, .. } = recognition;
        let tokens = meter.map_or(0, |meter| meter.used());
        let request = self.request();
        let page = match ended {
            Ok(finish) => {
                let size_applied = finish.size_applied.clone();
                let accumulator = accumulator.finish(finish, request.task);
                let outcome = accumulator.outcome();
                ReadPage { size_applied, ..self.read_page(task.page, outcome, accumulator) }
            }
            Err(Interruption::Failed(error)) => {
                let outcome = PageOutcome::Failed(error.to_event());
                ReadPage { error: Some(error), ..self.read_page(task.page, outcome, accumulator) }
            }
            Err(Interruption::Stopped) if has_begun => self.read_page(task.page, PageOutcome::Aborted, accumulator),
            Err(Interruption::Stopped) => return None,
        };
        Some(ReadPage { tokens, ..page })
    }

    fn read_page(&self, page: u32, outcome: PageOutcome, accumulator: PageAccumulator) -> ReadPage {
        let lowered_dpi = accumulator.start.as_ref().and_then(|start| start.lowered_dpi);
        let result = self.result(page, outcome, accumulator);
        ReadPage { result, error: None, size_applied: None, lowered_dpi, tokens: 0 }
    }

    fn result(&self, page: u32, outcome: PageOutcome, mut accumulator: PageAccumulator) -> PageResult {
        let structure = accumulator.take_structure();
        let start = accumulator.start.as_ref();
        let asked = &self.engine().info().identity.model;
        let model = start.map_or(asked, |start| &start.model).clone();
        let engine = start.and_then(|start| start.engine.as_ref()).unwrap_or(&model).clone();
        // A page whose reader left at the last word was received all the same.
        let counts = match outcome {
            PageOutcome::Done | PageOutcome::Partial => true,
            PageOutcome::Aborted => !accumulator.text.is_empty(),
            PageOutcome::Failed(_) => false,
        };
        let is_kept = outcome.has_result() || outcome == PageOutcome::Aborted;
        let content = if is_kept { self.content(structure, &accumulator) } else { None };
        PageResult {
            run: self.source.run,
            document: self.source.document_id,
            page,
            outcome,
            size: start.map(|start| (start.width, start.height)),
            dpi: start.and_then(|start| start.dpi),
            locates: self.request().task == Task::Locate,
            rotation: start.map_or(0, |start| start.rotation),
            usage: accumulator.usage(),
            counts,
            cost: accumulator.cost(&engine, counts, &self.source.prices),
            attempts: accumulator.reported_attempts(),
            text: accumulator.text,
            occurrences: accumulator.occurrences,
            confidence: accumulator.confidence,
            finish_reason: accumulator.finish_reason,
            model,
            engine,
            metadata: accumulator.metadata,
            warnings: accumulator.warnings,
            content,
            finished_at: self.source.clock.now(),
        }
    }

    /// The text as blocks, lines, words and tables; `None` if nothing was found on the page, or it was searched rather than read.
    fn content(&self, structure: PageStructure, accumulator: &PageAccumulator) -> Option<PageContent> {
        let request = self.request();
        if request.task == Task::Locate {
            return None;
        }
        let start = accumulator.start.as_ref();
        let content = structure.content(&accumulator.text, start.map(|start| (start.width, start.height)));
        if content.blocks.is_empty() && content.regions.is_empty() {
            return None;
        }
        Some(PageContent {
            width: start.map(|start| start.width),
            height: start.map(|start| start.height),
            rotation: start.map_or(0, |start| start.rotation),
            languages: start.map(|start| start.languages.clone()).unwrap_or_default(),
            ..content
        })
    }
}
