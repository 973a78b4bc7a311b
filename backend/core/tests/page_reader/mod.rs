//! Pages that are read by the page reader alone: there is no run, no stream of events and no database.

use std::{io::Write as _, sync::Arc, time::Duration};

use inkstream_core::{
    engines::Engines,
    page_reader::{PageEvent, PagePlan, PageReader, PageSink, PageSource, PageTask, Route, SinkClosed},
    ports::{EngineErrorKind, OpenRequest, PageOutcome, ReadRequest, Renderer as _},
    prices::Prices,
};
use inkstream_wire::{BoxKind, DocumentId, ErrorCode, RunId, Task, WarningCode};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{FakeEngine, OWN_TEXT, PRICE, PaperRenderer, StandingClock, Step};

/// Collects a page's events, and closes after as many as it has room for.
struct Collector {
    events: Vec<String>,
    room: usize,
}

impl Collector {
    fn new() -> Self {
        Self::with_room(usize::MAX)
    }

    fn with_room(room: usize) -> Self {
        Self { events: Vec::new(), room }
    }
}

impl PageSink for Collector {
    async fn send(&mut self, event: PageEvent) -> Result<(), SinkClosed> {
        if self.events.len() == self.room {
            return Err(SinkClosed);
        }
        self.events.push(match event {
            PageEvent::Queued(ahead) => format!("queued {ahead}"),
            PageEvent::Dequeued => "dequeued".to_owned(),
            PageEvent::Start(start) => format!("start {}x{}", start.width, start.height),
            PageEvent::Reset { reason, .. } => format!("reset {reason}"),
            PageEvent::Text { delta, .. } => format!("text {delta}"),
        });
        Ok(())
    }
}

fn request() -> ReadRequest {
    ReadRequest {
        prompt: None,
        task: Task::Text,
        size: None,
        reference: None,
        languages: Vec::new(),
        detect_languages: false,
        boxes: true,
        attempt: 0,
        rotation: 0,
        last: false,
        max_tokens: None,
        resets: true,
    }
}

/// A reader of the document `content` (see [`PaperRenderer`]), for callers that understand resets.
async fn reader(engine: FakeEngine, content: &str) -> PageReader {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let engines = Engines::new(Arc::new(engine), [], 64);
    PageReader::new(PageSource {
        run: RunId(Uuid::nil()),
        document_id: DocumentId(Uuid::nil()),
        document: PaperRenderer::default().open(OpenRequest { file, password: None }).await.unwrap(),
        plan: PagePlan {
            route: Route { handle: engines.all()[0].clone(), request: request() },
            fallbacks: Vec::new(),
            dpi: None,
            text_layer: true,
            dehyphenate: false,
        },
        client: "client".into(),
        reservation: None,
        page_deadline: Duration::from_mins(10),
        prices: Arc::new(Prices { currency: None, by_model: [("fake".to_owned(), PRICE)].into() }),
        clock: Arc::new(StandingClock::default()),
    })
}

fn page(page: u32) -> PageTask {
    PageTask { page, max_tokens: None }
}

#[tokio::test(start_paused = true)]
async fn a_page_yields_its_text_attempts_usage_and_cost_and_its_sink_sees_resets() {
    let loops = vec![Step::Say("loop loop"), Step::Count(5), Step::Fail(EngineErrorKind::Repetition)];
    let reads = vec![Step::Say("a "), Step::Say("line"), Step::Count(7)];
    let engine = FakeEngine::new([loops, reads]).with(|info| info.limits.attempts = 2);
    let mut sink = Collector::new();
    let read = reader(engine, "pdf 3").await.read(page(2), &mut sink, &CancellationToken::new()).await.unwrap();
    let events = ["dequeued", "start 85x110", "text loop loop", "dequeued", "reset repetition", "text a ", "text line"];
    assert_eq!(sink.events, events);
    let result = read.result;
    assert_eq!((result.page, result.outcome, result.text.as_str()), (2, PageOutcome::Done, "a line"));
    assert_eq!((result.finish_reason.as_deref(), result.size, result.counts), (Some("stop"), Some((85, 110)), true));
    let attempts: Vec<_> =
        result.attempts.iter().map(|attempt| (attempt.outcome.as_str(), attempt.completion_tokens)).collect();
    assert_eq!(attempts, [("repetition", 5), ("ok", 7)]);
    assert_eq!((result.usage.prompt_tokens, result.usage.completion_tokens), (20, 12));
    assert_eq!((result.usage.completion_chars, result.usage.estimated), (15, false));
    assert_eq!(result.cost, Some(PRICE.thousand_pages / 1000.0));
    assert!(result.content.is_some() && read.error.is_none());
}

#[tokio::test]
async fn a_model_that_the_engine_chose_has_read_the_turned_page_at_the_engines_price() {
    let engine = FakeEngine::new([vec![Step::Begin("chosen", 90), Step::Say("a line")]]);
    let mut sink = Collector::new();
    let read = reader(engine, "image").await.read(page(1), &mut sink, &CancellationToken::new()).await.unwrap();
    assert_eq!(sink.events, ["dequeued", "start 110x85", "text a line"]);
    let result = read.result;
    assert_eq!((result.model.as_str(), result.engine.as_str()), ("chosen", "fake"));
    assert_eq!((result.rotation, result.size), (90, Some((110, 85))));
    assert_eq!(result.cost, Some(PRICE.thousand_pages / 1000.0));
}

#[tokio::test]
async fn a_page_whose_sink_closes_is_stopped_and_keeps_its_text_and_usage() {
    let never = Arc::new(Semaphore::new(0));
    let script = vec![Step::Say("a "), Step::Count(3), Step::Say("line"), Step::Wait(never)];
    let engine = FakeEngine::new([script]);
    let dropped = engine.dropped.clone();
    // The last text is refused: it was received from the engine, and is used.
    let mut sink = Collector::with_room(3);
    let read = reader(engine, "image").await.read(page(1), &mut sink, &CancellationToken::new()).await.unwrap();
    dropped.notified().await;
    assert_eq!(sink.events, ["dequeued", "start 85x110", "text a "]);
    let result = read.result;
    assert_eq!((result.outcome, result.text.as_str(), result.counts), (PageOutcome::Aborted, "a line", true));
    assert_eq!((result.usage.completion_tokens, result.usage.completion_chars), (3, 6));
    assert_eq!(result.cost, Some(PRICE.thousand_pages / 1000.0));
    assert_eq!(result.content.unwrap().plain_text(), "a line");
}

#[tokio::test]
async fn a_page_that_is_stopped_keeps_the_places_of_the_lines_that_came() {
    let never = Arc::new(Semaphore::new(0));
    let lines = [Step::Line("1. Über\n", [1, 2, 3, 4]), Step::Line("\ntwo\n", [1, 8, 3, 4])];
    let engine = FakeEngine::new([lines.into_iter().chain([Step::Wait(never)]).collect()]);
    let stop = CancellationToken::new();
    let mut sink = Collector::new();
    let reader = reader(engine, "image").await;
    // As above.
    let stopping = async { stop.cancel() };
    let (read, ()) = tokio::join!(biased; reader.read(page(1), &mut sink, &stop), stopping);
    let result = read.unwrap().result;
    assert_eq!((&result.outcome, result.text.as_str()), (&PageOutcome::Aborted, "1. Über\n\ntwo\n"));
    let boxes: Vec<_> = result.boxes().into_iter().map(|found| (found.kind, found.text, found.bounds.y)).collect();
    assert_eq!(boxes, [(BoxKind::Line, "1. Über".to_owned(), 2), (BoxKind::Line, "two".to_owned(), 8)]);
    let content = result.content.unwrap();
    assert_eq!((content.blocks.len(), content.plain_text().as_str()), (2, "1. Über\n\ntwo"), "lines are not Markdown");
    assert_eq!(content.width, Some(85));
}

#[tokio::test]
async fn a_page_that_is_stopped_keeps_its_text_and_one_that_has_not_begun_has_no_result() {
    let never = Arc::new(Semaphore::new(0));
    let engine = FakeEngine::new([vec![Step::Say("half"), Step::Wait(never)]]);
    let reader = reader(engine, "pdf 2").await;
    let stop = CancellationToken::new();
    let mut sink = Collector::new();
    let task = reader.read(page(1), &mut sink, &stop);
    let stopping = async {
        // The page is polled first, and waits for its engine by now.
        stop.cancel();
    };
    let (read, ()) = tokio::join!(biased; task, stopping);
    let result = read.unwrap().result;
    assert_eq!((result.outcome, result.text.as_str()), (PageOutcome::Aborted, "half"));
    assert!(reader.read(page(2), &mut Collector::new(), &stop).await.is_none());
}

#[tokio::test]
async fn a_page_that_fails_has_its_error_and_keeps_the_text_of_its_last_attempt() {
    let engine = FakeEngine::new([vec![Step::Say("half"), Step::Fail(EngineErrorKind::Broken)]]);
    let read = reader(engine, "image").await;
    let read = read.read(page(1), &mut Collector::new(), &CancellationToken::new()).await.unwrap();
    assert_eq!(read.error.unwrap().code, ErrorCode::EngineFailed);
    let PageOutcome::Failed(error) = read.result.outcome else { panic!() };
    assert_eq!((error.code, read.result.text.as_str(), read.result.counts), (ErrorCode::EngineFailed, "half", false));
}

#[tokio::test]
async fn a_text_layer_is_read_without_the_engine_and_cut_at_the_maximum_of_tokens() {
    let engine = FakeEngine::new([vec![Step::Panic]]);
    let mut sink = Collector::new();
    let task = PageTask { page: 1, max_tokens: Some(2) };
    let read = reader(engine, "pdf 1 text 1").await.read(task, &mut sink, &CancellationToken::new()).await.unwrap();
    let text: String = OWN_TEXT.chars().take(8).collect();
    assert_eq!(sink.events, ["start 85x110".to_owned(), format!("text {text}")]);
    assert_eq!((&read.result.outcome, read.tokens), (&PageOutcome::Partial, 2));
    assert_eq!(read.result.usage.completion_tokens, 0);
    assert_eq!(read.result.warnings[0].code, WarningCode::TruncatedText);
    let boxes: Vec<_> = read.result.boxes().into_iter().map(|found| (found.kind, found.text)).collect();
    assert_eq!(boxes, [(BoxKind::Line, text.trim().to_owned())]);
}
