//! Engines that many want, and engines that fail.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use inkstream_core::{
    engines::Engines,
    ports::EngineErrorKind as Kind,
    quota::QuotaLimits,
    runs::{self, Client, LiveRun, Source},
};
use inkstream_wire::{EngineCondition, ErrorCode, EventBody, RunKind, RunOptions};
use tokio::{sync::Semaphore, time::advance};

use crate::support::{FakeEngine, Step, World, collect, kind, world, world_of};

/// An engine that reads a page at a time, each when the test lets it.
fn slow(gate: &Arc<Semaphore>) -> FakeEngine {
    FakeEngine::new([vec![Step::Wait(gate.clone()), Step::Say("ink")]]).with(|info| info.limits.concurrency = 1)
}

async fn start_as(world: &World, name: &str, content: &'static str, kind: RunKind) -> LiveRun {
    let client = Client { name: name.to_owned(), max_runs: 9, queue_max: 9 };
    let ticket = world.runs.queue.enter(&[client]).unwrap();
    let source = Source::Upload(world.upload(content).await);
    runs::start(&world.runs, world.owner.clone(), ticket, source, Some(kind), RunOptions::default()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_image_does_not_wait_for_another_users_whole_pdf() {
    let gate = Arc::new(Semaphore::new(0));
    let world = world(slow(&gate), 9);
    let mut pdf = start_as(&world, "greedy", "pdf 3", RunKind::Pdf).await;
    while kind(&pdf.next().await.unwrap()) != "page_start 1" {}
    let mut image = start_as(&world, "modest", "image", RunKind::Image).await;
    assert_eq!(kind(&image.next().await.unwrap()), "queued");
    let (pdf, image) = tokio::join!(
        async {
            let mut kinds = Vec::new();
            while let Some(event) = pdf.next().await {
                kinds.push(kind(&event));
                gate.add_permits(usize::from(kinds.last().unwrap().starts_with("page_start")));
            }
            kinds
        },
        async {
            gate.add_permits(1);
            let mut kinds = Vec::new();
            while let Some(event) = image.next().await {
                kinds.push(kind(&event));
                gate.add_permits(usize::from(kinds.last().unwrap() == "start"));
            }
            kinds
        }
    );
    assert_eq!(image.last().unwrap(), "end");
    assert_eq!(pdf.last().unwrap(), "end");
    let models: Vec<_> = world.store.records().iter().map(|record| record.document).collect();
    let of_image = world.store.records().iter().position(|record| record.document != models[0]).unwrap();
    assert!(of_image <= 2, "the image was read as number {of_image}");
}

#[tokio::test(start_paused = true)]
async fn runs_beyond_the_queue_limit_of_an_engine_are_rejected() {
    let gate = Arc::new(Semaphore::new(0));
    let engines = Engines::new(Arc::new(slow(&gate)), [], 1);
    let world = world_of(engines, 9, QuotaLimits::default());
    let mut reading = start_as(&world, "a", "pdf 1", RunKind::Pdf).await;
    while kind(&reading.next().await.unwrap()) != "page_start 1" {}
    let waiting =
        [start_as(&world, "b", "pdf 1", RunKind::Pdf).await, start_as(&world, "c", "pdf 1", RunKind::Pdf).await];
    let error = world.start("image", RunOptions::default()).await.err().unwrap();
    assert_eq!((error.code, error.retry_after), (ErrorCode::Unavailable, Some(5)));
    gate.add_permits(3);
    for run in waiting {
        assert_eq!(collect(run).await.0.last().unwrap(), "end");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_engine_opens_its_breaker_and_is_then_tried_by_one_request() {
    let mut scripts = vec![vec![Step::Fail(Kind::Busy)]; 6];
    scripts.push(vec![Step::Say("ink")]);
    let engine = FakeEngine::new(scripts);
    let asked = engine.asked.clone();
    let world = world(engine, 9);
    let handle = Arc::clone(&world.runs.engines.all()[0]);
    let state = async || handle.status(&*world.runs.clock).await.condition;
    assert_eq!(state().await, EngineCondition::Ready);
    for _ in 0..5 {
        assert_eq!(world.start("image", RunOptions::default()).await.err().unwrap().code, ErrorCode::Unavailable);
    }
    assert_eq!(state().await, EngineCondition::Down);
    let error = world.start("image", RunOptions::default()).await.err().unwrap();
    assert_eq!((error.code, error.retry_after, asked.lock().unwrap().len()), (ErrorCode::Unavailable, Some(5), 5));
    // Half open, it fails once more; then it is well again.
    advance(Duration::from_secs(5)).await;
    assert!(world.start("image", RunOptions::default()).await.is_err());
    assert_eq!(world.start("image", RunOptions::default()).await.err().unwrap().retry_after, Some(10));
    advance(Duration::from_secs(10)).await;
    let (kinds, _) = collect(world.start("image", RunOptions::default()).await.unwrap()).await;
    assert_eq!(kinds, ["start", "delta", "end"]);
    advance(Duration::from_secs(10)).await;
    assert_eq!((state().await, asked.lock().unwrap().len()), (EngineCondition::Ready, 7));
}

#[tokio::test(start_paused = true)]
async fn a_new_run_fails_at_once_while_its_engine_is_unreachable() {
    let mut engine = FakeEngine::new([vec![Step::Fail(Kind::Unreachable)]]).with(|info| info.limits.attempts = 3);
    engine.silent = true;
    let asked = engine.asked.clone();
    let world = world(engine, 9);
    world.runs.engines.probe_all(&*world.runs.clock).await;
    assert_eq!(world.start("image", RunOptions::default()).await.err().unwrap().code, ErrorCode::EngineUnreachable);
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_document_outlasts_an_engine_that_fails_for_a_while() {
    for kind in [Kind::Limited, Kind::Failed, Kind::Busy] {
        let mut scripts = vec![vec![Step::Say("ink")]];
        scripts.extend(vec![vec![Step::Fail(kind)]; 6]);
        scripts.push(vec![Step::Say("ink")]);
        let world = world(FakeEngine::new(scripts).with(|info| info.limits.attempts = 5), 9);
        let (kinds, _) = collect(world.start("pdf 20", RunOptions::default()).await.unwrap()).await;
        assert_eq!(kinds.iter().filter(|kind| kind.starts_with("page_end")).count(), 20, "{kind:?}: {kinds:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_alone_at_an_engine_is_not_told_to_wait_for_its_own_pages() {
    let gate = Arc::new(Semaphore::new(1));
    let world = world(slow(&gate), 9);
    gate.add_permits(2);
    let (kinds, _) = collect(start_as(&world, "a", "pdf 3", RunKind::Pdf).await).await;
    assert!(!kinds.contains(&"queued".to_owned()), "{kinds:?}");
}

#[tokio::test(start_paused = true)]
async fn an_engine_without_free_permits_is_busy() {
    let gate = Arc::new(Semaphore::new(0));
    let world = world(slow(&gate), 9);
    let mut run = start_as(&world, "a", "pdf 2", RunKind::Pdf).await;
    loop {
        let event = run.next().await.unwrap();
        assert!(!matches!(event.body, EventBody::End(_)));
        if kind(&event) == "page_start 1" {
            break;
        }
    }
    let status = world.runs.engines.all()[0].status(&*world.runs.clock).await;
    assert_eq!((status.condition, status.reading), (EngineCondition::Busy, 1));
}

#[tokio::test]
async fn a_cycle_of_fallbacks_ends() {
    let named = |model: &str, fallback: &str| {
        let (model, fallback) = (model.to_owned(), fallback.to_owned());
        Arc::new(FakeEngine::new([vec![Step::Fail(Kind::Refused)]]).with(|info| {
            info.identity.model = model;
            info.fallback = Some(fallback);
        })) as Arc<dyn inkstream_core::ports::Engine>
    };
    let engines = Engines::new(named("a", "b"), [named("b", "a"), named("c", "nobody")], 9);
    let names = |model: &str| -> Vec<String> {
        let handle = engines.choose(Some(model)).unwrap();
        engines.fallbacks(handle).map(|handle| handle.info().identity.model.clone()).collect()
    };
    assert_eq!(names("a"), ["b"]);
    assert_eq!(names("c"), Vec::<String>::new());
}
