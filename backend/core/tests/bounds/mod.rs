//! Answers whose caller bounds their tokens.

use std::sync::Arc;

use inkstream_core::{
    engines::Engines,
    ports::{EngineErrorKind, PageOutcome},
    quota::QuotaLimits,
    runs::{self, LiveRun, Source, TokenBound},
};
use inkstream_wire::{ErrorCode, EventBody, OcrEvent, RunKind, RunOptions, RunStatus, TextLayer, WarningCode};
use tokio::sync::Semaphore;

use crate::support::{FakeEngine, OWN_TEXT, Step, World, client, collect, world, world_of};

async fn start(world: &World, content: &'static str, options: RunOptions, bound: &TokenBound) -> LiveRun {
    let ticket = world.runs.queue.enter(&[client()]).unwrap();
    let source = Source::Upload(world.upload(content).await);
    let (owner, kind, bound) = (world.owner.clone(), Some(RunKind::Chat), Some(bound.clone()));
    runs::start_within(&world.runs, owner, ticket, source, kind, options, bound).await.unwrap()
}

fn texts(events: &[OcrEvent]) -> String {
    let texts = events.iter().filter_map(|event| match &event.body {
        EventBody::Delta { delta, .. } | EventBody::PageDelta { delta, .. } => Some(delta.as_str()),
        _ => None,
    });
    texts.collect()
}

#[tokio::test]
async fn a_page_is_cut_at_the_bound_by_the_estimate_and_is_marked_everywhere() {
    let never = Arc::new(Semaphore::new(0));
    let engine = FakeEngine::new([vec![Step::Say("eight ch"), Step::Say("aracters"), Step::Wait(never)]]);
    let (asked, dropped) = (engine.asked.clone(), engine.dropped.clone());
    let world = world(engine, 1);
    let run = start(&world, "image", RunOptions::default(), &TokenBound::new(3)).await;
    let (kinds, events) = collect(run).await;
    assert_eq!((kinds.join(" "), texts(&events)), ("start delta delta end".to_owned(), "eight charac".to_owned()));
    dropped.notified().await;
    let EventBody::End(end) = &events[3].body else { panic!("{events:?}") };
    assert_eq!((end.finish_reason.as_deref(), end.usage.completion_tokens), (Some("length"), 3));
    assert_eq!(end.warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), [WarningCode::TruncatedText]);
    assert_eq!(asked.lock().unwrap()[0].max_tokens, Some(3));
    let record = &world.store.records()[0];
    assert_eq!((record.text.as_str(), record.finish_reason.as_deref()), ("eight charac", Some("length")));
    assert!(matches!(record.outcome, PageOutcome::Partial) && record.warnings == end.warnings);
    assert_eq!(world.store.runs()[0].status, RunStatus::Partial);
}

#[tokio::test]
async fn an_engine_that_enforces_the_bound_is_not_cut_by_the_estimate() {
    // Ten characters would be three tokens by the estimate; it says that they are two.
    let script = vec![Step::Say("characters"), Step::Count(2)];
    let engine = FakeEngine::new([script]).with(|info| info.capabilities.takes_max_tokens = true);
    let asked = engine.asked.clone();
    let world = world(engine, 1);
    let bound = TokenBound::new(2);
    let (_, events) = collect(start(&world, "image", RunOptions::default(), &bound).await).await;
    let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
    assert_eq!((end.finish_reason.as_deref(), end.warnings.len(), texts(&events).len()), (Some("stop"), 0, 10));
    assert_eq!(asked.lock().unwrap()[0].max_tokens, Some(2));
    assert!(bound.is_spent());
}

#[tokio::test]
async fn pages_share_the_bound_in_order_and_those_after_it_are_skipped() {
    let world = world(FakeEngine::new([vec![Step::Say("twelve chars")]]), 1);
    let bound = TokenBound::new(5);
    let (kinds, events) = collect(start(&world, "pdf 4", RunOptions::default(), &bound).await).await;
    let expected = "start page_start 1 page_delta 1 page_end 1 page_start 2 page_delta 2 page_end 2 end";
    assert_eq!(kinds.join(" "), expected);
    assert_eq!(texts(&events), "twelve charstwelve c");
    let EventBody::End(end) = &events.last().unwrap().body else { panic!() };
    assert_eq!((end.usage.pages, end.usage.completion_tokens), (Some(2), 5));
    assert_eq!((world.store.runs()[0].status, world.store.runs()[0].pages), (RunStatus::Partial, 2));
    assert_eq!(world.store.records().len(), 2);
}

#[tokio::test]
async fn pages_are_read_concurrently_while_the_bound_covers_each_ones_maximum() {
    let gate = Arc::new(Semaphore::new(0));
    let first = vec![Step::Say("one"), Step::Wait(gate.clone())];
    let engine = FakeEngine::new([first, vec![Step::Say("two")]]);
    let world = world(engine, 1);
    let mut run = start(&world, "pdf 2", RunOptions::default(), &TokenBound::new(1_000_000)).await;
    let mut kinds = Vec::new();
    while let Some(event) = futures::StreamExt::next(&mut run).await {
        kinds.push(crate::support::kind(&event));
        // The first page goes on only once the second is over: were they read one by one, that would be never.
        if kinds.last().is_some_and(|kind| kind == "page_end 2") {
            gate.add_permits(1);
        }
    }
    assert_eq!(kinds.last().unwrap(), "end");
}

#[tokio::test]
async fn a_voided_attempt_returns_its_tokens() {
    let scripts = [vec![Step::Say("loop loop"), Step::Fail(EngineErrorKind::Repetition)], vec![Step::Say("fine text")]];
    let engine = FakeEngine::new(scripts).with(|info| info.limits.attempts = 2);
    let asked = engine.asked.clone();
    let world = world(engine, 1);
    let resets = RunOptions { resets: true, ..RunOptions::default() };
    let (kinds, _) = collect(start(&world, "image", resets, &TokenBound::new(3)).await).await;
    assert_eq!(kinds.join(" "), "start delta reset delta end");
    assert_eq!(world.store.records()[0].text, "fine text");
    assert!(asked.lock().unwrap().iter().all(|request| request.max_tokens == Some(3)));
}

#[tokio::test]
async fn a_fallback_has_the_same_bound_as_its_engine() {
    let first = FakeEngine::new([vec![Step::Fail(EngineErrorKind::Unreachable)]])
        .with(|info| info.fallback = Some("other".to_owned()));
    let other =
        FakeEngine::new([vec![Step::Say("far too long")]]).with(|info| info.identity.model = "other".to_owned());
    let asked = other.asked.clone();
    let engines = Engines::new(Arc::new(first), [Arc::new(other) as Arc<dyn inkstream_core::ports::Engine>], 64);
    let world = world_of(engines, 1, QuotaLimits::default());
    let (_, events) = collect(start(&world, "image", RunOptions::default(), &TokenBound::new(2)).await).await;
    assert_eq!(texts(&events), "far too ");
    assert_eq!(asked.lock().unwrap()[0].max_tokens, Some(2));
}

#[tokio::test]
async fn a_failed_page_releases_its_tokens() {
    let world = world(FakeEngine::new([vec![Step::Say("text")]]), 1);
    let bound = TokenBound::new(2);
    let (kinds, events) = collect(start(&world, "pdf 3 bad 1", RunOptions::default(), &bound).await).await;
    assert_eq!(kinds[1], "page_error 1");
    let EventBody::PageError { error, .. } = &events[1].body else { panic!("{events:?}") };
    assert_eq!(error.code, ErrorCode::PageUnreadable);
    assert_eq!((texts(&events).as_str(), bound.is_spent()), ("texttext", true));
}

#[tokio::test]
async fn text_of_a_text_layer_is_bounded_too() {
    let world = world(FakeEngine::new([vec![Step::Say("read")]]), 1);
    let prefer = RunOptions { text_layer: Some(TextLayer::Prefer), ..RunOptions::default() };
    let bound = TokenBound::new(2);
    let (kinds, events) = collect(start(&world, "pdf 2 text 1", prefer, &bound).await).await;
    assert_eq!(kinds.join(" "), "start page_start 1 page_delta 1 page_end 1 end");
    assert_eq!(texts(&events), OWN_TEXT.chars().take(8).collect::<String>());
    let EventBody::PageEnd(end) = &events[3].body else { panic!("{events:?}") };
    assert_eq!((end.finish_reason.as_deref(), bound.is_spent()), (Some("length"), true));
}
