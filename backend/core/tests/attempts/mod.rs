//! Pages that are tried again.

use std::{sync::Arc, time::Duration};

use inkstream_core::{
    engines::Engines,
    ports::{EngineErrorKind as Kind, EngineInfo},
    quota::QuotaLimits,
};
use inkstream_wire::{ErrorCode, EventBody, OcrEvent, PageEnd, RunOptions, RunStatus};
use tokio::time::Instant;

use crate::support::{FakeEngine, Step, World, collect, world, world_of};

/// An engine that may try a page three times.
fn stubborn(scripts: impl Into<Vec<Vec<Step>>>) -> FakeEngine {
    FakeEngine::new(scripts).with(|info| info.limits.attempts = 3)
}

/// A world where `stand-in` reads what `engine` cannot.
fn backed(engine: FakeEngine, fallback: FakeEngine) -> World {
    let falls_back = |info: &mut EngineInfo| info.fallback = Some("stand-in".to_owned());
    let named = |info: &mut EngineInfo| "stand-in".clone_into(&mut info.identity.model);
    world_of(
        Engines::new(Arc::new(engine.with(falls_back)), [Arc::new(fallback.with(named)) as _], 64),
        1,
        QuotaLimits::default(),
    )
}

fn resets() -> RunOptions {
    RunOptions { resets: true, ..RunOptions::default() }
}

fn page_end(events: &[OcrEvent]) -> &PageEnd {
    let end = |event: &&OcrEvent| matches!(event.body, EventBody::PageEnd(_));
    match &events.iter().find(end).unwrap().body {
        EventBody::PageEnd(end) => end,
        _ => unreachable!(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_without_sent_text_is_retried_silently() {
    for kind in [Kind::Failed, Kind::Broken, Kind::Timeout, Kind::Unreachable, Kind::Protocol, Kind::Busy] {
        let engine = stubborn([vec![Step::Fail(kind)], vec![Step::Count(9), Step::Fail(kind)], vec![Step::Say("ink")]]);
        let world = world(engine, 1);
        let (kinds, events) = collect(world.start("pdf 1", RunOptions::default()).await.unwrap()).await;
        assert_eq!(kinds, ["start", "page_start 1", "page_delta 1", "page_end 1", "end"], "{kind:?}");
        let outcomes: Vec<_> = page_end(&events).attempts.iter().map(|attempt| attempt.outcome.as_str()).collect();
        assert_eq!(outcomes, [kind.as_str(), kind.as_str(), "ok"]);
        assert_eq!(world.store.records()[0].attempts, page_end(&events).attempts);
        // What the second attempt used is used.
        assert_eq!(world.store.records()[0].usage.completion_tokens, 9 + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_with_sent_text_is_reset_for_callers_that_support_resets_and_fails_for_others() {
    let scripts = [vec![Step::Say("ink ink ink"), Step::Fail(Kind::Repetition)], vec![Step::Say("ink")]];
    let world = world(stubborn(scripts.clone()), 1);
    let (kinds, events) = collect(world.start("pdf 1", resets()).await.unwrap()).await;
    assert_eq!(kinds, ["start", "page_start 1", "page_delta 1", "page_reset 1", "page_delta 1", "page_end 1", "end"]);
    let EventBody::PageReset { reset, .. } = &events[3].body else { panic!() };
    assert_eq!((reset.reason.as_str(), reset.model.as_str(), reset.width), ("repetition", "fake", 85));
    assert_eq!(world.store.records()[0].text, "ink");
    let (kinds, _) = collect(crate::world(stubborn(scripts.clone()), 1).start("image", resets()).await.unwrap()).await;
    assert_eq!(kinds, ["start", "delta", "reset", "delta", "end"]);

    let world = crate::world(stubborn(scripts), 1);
    let (kinds, _) = collect(world.start("pdf 1", RunOptions::default()).await.unwrap()).await;
    assert_eq!(kinds, ["start", "page_start 1", "page_delta 1", "page_error 1", "error"]);
    assert_eq!(world.store.records()[0].text, "ink ink ink");
}

#[tokio::test(start_paused = true)]
async fn no_attempt_follows_the_third_and_the_engine_knows_the_last_one() {
    let engine = stubborn([vec![Step::Fail(Kind::Invalid)]]);
    let asked = engine.asked.clone();
    let world = world(engine, 1);
    let error = world.start("image", RunOptions::default()).await.err().unwrap();
    assert_eq!(error.code, ErrorCode::EngineFailed);
    let asked: Vec<_> = asked.lock().unwrap().iter().map(|request| (request.attempt, request.last)).collect();
    assert_eq!(asked, [(0, false), (1, false), (2, true)]);
    world.settled().await;
    assert_eq!((world.store.runs()[0].status, world.store.records()[0].attempts.len()), (RunStatus::Failed, 3));
}

#[tokio::test(start_paused = true)]
async fn a_rotated_page_is_turned_upright_and_retried() {
    let engine = stubborn([vec![Step::Turn(90)], vec![Step::Turn(180)], vec![Step::Say("upright")]]);
    let world = world(engine, 1);
    let (_, events) = collect(world.start("pdf 1", RunOptions::default()).await.unwrap()).await;
    let EventBody::PageStart(start) = &events[1].body else { panic!() };
    assert_eq!(start.rotation, Some(270));
    let turns: Vec<_> = world.paper.specs.lock().unwrap().iter().map(|spec| spec.rotation).collect();
    assert_eq!((turns, world.store.records()[0].rotation), (vec![0, 90, 270], 270));
}

#[tokio::test(start_paused = true)]
async fn an_engines_retry_after_is_respected() {
    let wait = Duration::from_secs(20);
    let engine = stubborn([vec![Step::Busy(wait)], vec![Step::Say("ink")]]);
    let begun = Instant::now();
    let (kinds, _) = collect(world(engine, 1).start("image", RunOptions::default()).await.unwrap()).await;
    assert_eq!((kinds.last().unwrap().as_str(), begun.elapsed() >= wait), ("end", true));
    // Longer than anyone waits: the caller is told instead.
    let world = world(stubborn([vec![Step::Busy(Duration::from_mins(10))]]), 1);
    let error = world.start("image", RunOptions::default()).await.err().unwrap();
    assert_eq!((error.code, error.retry_after), (ErrorCode::Unavailable, Some(600)));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_reads_pages_that_the_engine_cannot_and_the_page_names_it() {
    let away = stubborn([
        vec![Step::Say("one")],
        vec![Step::Say("half"), Step::Fail(Kind::Broken)],
        vec![Step::Fail(Kind::Unreachable)],
    ])
    .with(|info| info.limits.concurrency = 1);
    let world = backed(away, FakeEngine::new([vec![Step::Say("other")]]));
    let (kinds, events) = collect(world.start("pdf 3", resets()).await.unwrap()).await;
    assert_eq!(kinds.iter().filter(|kind| kind.starts_with("page_end")).count(), 3, "{kinds:?}");
    let mut records = world.store.records();
    records.sort_by_key(|record| record.page);
    let read: Vec<_> = records.iter().map(|record| (record.text.as_str(), record.model.as_str())).collect();
    assert_eq!(read, [("one", "fake"), ("other", "stand-in"), ("other", "stand-in")]);
    // The second page had begun; of the third nothing was told, so that it begins with its stand-in.
    let EventBody::PageReset { page: 2, reset } =
        &events.iter().find(|event| matches!(event.body, EventBody::PageReset { .. })).unwrap().body
    else {
        panic!()
    };
    assert_eq!(reset.model, "stand-in");
    let starts = events.iter().filter_map(|event| match &event.body {
        EventBody::PageStart(start) => Some((start.page, start.model.as_str())),
        _ => None,
    });
    assert!(starts.collect::<Vec<_>>().contains(&(3, "stand-in")));
}

#[tokio::test(start_paused = true)]
async fn a_retried_page_and_one_that_waits_for_tokens_do_not_deadlock() {
    let fails = vec![Step::Count(3), Step::Fail(Kind::Failed)];
    let engine = stubborn([fails, vec![Step::Say("ink")]]).with(|info| info.limits.concurrency = 1);
    // Each attempt reserves 100: the second page waits for the first one's, and the first one's second attempt for a place.
    let quota = QuotaLimits { pages: None, tokens: Some(180) };
    let world = world_of(Engines::new(Arc::new(engine), [], 64), 1, quota);
    let (kinds, _) = collect(world.start("pdf 2", RunOptions::default()).await.unwrap()).await;
    assert_eq!(kinds.iter().filter(|kind| kind.starts_with("page_end")).count(), 2, "{kinds:?}");
    assert!(world.store.reserved.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn permanent_errors_are_not_retried() {
    let engine = stubborn([vec![Step::Fail(Kind::Refused)], vec![Step::Say("never")]]);
    let asked = engine.asked.clone();
    assert!(world(engine, 1).start("image", RunOptions::default()).await.is_err());
    assert_eq!(asked.lock().unwrap().len(), 1);
}
