//! Pages and runs that end too early: by the engine's word, by its time, by a slow reader.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use inkstream_core::{
    engines::Engines,
    ports::{EngineErrorKind, EngineInfo, PageOutcome},
    quota::QuotaLimits,
    runs::{self, Source},
};
use inkstream_wire::{ErrorCode, EventBody, OcrEvent, RunOptions, RunStatus, WarningCode};
use tokio::time::Instant;

use crate::support::{FakeEngine, Step, client, collect, kind, world, world_of};

fn one_at_once(scripts: impl Into<Vec<Vec<Step>>>) -> FakeEngine {
    FakeEngine::new(scripts).with(|info| info.limits.concurrency = 1)
}

/// Each page's finish reason and its warnings' codes, in order.
fn ends(events: &[OcrEvent]) -> Vec<(u32, Option<&str>, Vec<WarningCode>)> {
    let end = |event| match event {
        &OcrEvent { body: EventBody::PageEnd(ref end), .. } => {
            let codes = end.warnings.iter().map(|warning| warning.code).collect();
            Some((end.page, end.finish_reason.as_deref(), codes))
        }
        _ => None,
    };
    events.iter().filter_map(end).collect()
}

#[tokio::test]
async fn a_page_at_which_the_engine_stopped_early_is_partial_and_read_again_as_missing() {
    let says = |reason| vec![Step::Say("text"), Step::End(reason)];
    let ends_early =
        [says(Some("stop")), says(Some("length")), says(Some("content_filter")), says(Some("x")), says(None)];
    let world = world(one_at_once([&ends_early[..], &[says(Some("stop"))]].concat()), 1);
    let run = world.start("pdf 5", RunOptions::default()).await.unwrap();
    let document = run.document_id;
    let (kinds, events) = collect(run).await;
    assert_eq!(
        ends(&events),
        [
            (1, Some("stop"), vec![]),
            (2, Some("length"), vec![WarningCode::TruncatedText]),
            (3, Some("content_filter"), vec![WarningCode::Filtered]),
            (4, Some("x"), vec![WarningCode::UnknownFinish]),
            (5, None, vec![WarningCode::UnknownFinish]),
        ]
    );
    assert_eq!(kinds.last().unwrap(), "end");
    let row = &world.store.runs()[0];
    // What was read in part was read, and is paid for.
    assert_eq!((row.status, row.pages), (RunStatus::Partial, 5));
    let records = world.store.records();
    let outcomes: Vec<_> = records.iter().map(|record| (record.outcome.clone(), record.counts)).collect();
    assert_eq!(outcomes[0], (PageOutcome::Done, true));
    assert!(outcomes[1..].iter().all(|outcome| *outcome == (PageOutcome::Partial, true)), "{outcomes:?}");

    let ticket = world.runs.queue.enter(&[client()]).unwrap();
    let missing = RunOptions { pages: Some("missing".to_owned()), ..RunOptions::default() };
    let stored = Source::Stored(document);
    let again = runs::start(&world.runs, world.owner.clone(), ticket, stored, None, missing).await.unwrap();
    assert_eq!(again.pages, [2, 3, 4, 5]);
    assert_eq!(collect(again).await.0.last().unwrap(), "end");
    assert!(world.store.runs().iter().any(|row| row.status == RunStatus::Ok));
}

#[tokio::test]
async fn an_image_that_was_read_in_part_makes_the_run_partial() {
    let world = world(FakeEngine::new([vec![Step::Say("half"), Step::End(Some("length"))]]), 1);
    let (_, events) = collect(world.start("image", RunOptions::default()).await.unwrap()).await;
    let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
    assert_eq!((end.finish_reason.as_deref(), end.warnings[0].code), (Some("length"), WarningCode::TruncatedText));
    assert_eq!(world.store.runs()[0].status, RunStatus::Partial);
}

/// Says something every 29 seconds, for hours.
fn trickle() -> Vec<Step> {
    std::iter::repeat_n([Step::Say("drip "), Step::Pause(Duration::from_secs(29))], 1_000).flatten().collect()
}

#[tokio::test(start_paused = true)]
async fn a_trickling_engine_is_stopped_at_its_deadline_and_its_text_is_kept() {
    let engine = FakeEngine::new([trickle()]);
    let dropped = engine.dropped.clone();
    let world = world(engine, 1);
    let begun = Instant::now();
    let (kinds, events) = collect(world.start("pdf 1", RunOptions::default()).await.unwrap()).await;
    assert!((600..640).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    dropped.notified().await;
    let at = kinds.iter().position(|kind| kind == "page_error 1").unwrap();
    let EventBody::PageError { error, .. } = &events[at].body else { panic!() };
    assert_eq!(error.code, ErrorCode::EngineTimeout);
    assert!(error.message.contains("as long as it may"), "{}", error.message);
    let record = &world.store.records()[0];
    assert!(record.text.starts_with("drip drip "));
    assert_eq!((record.attempts[0].outcome.as_str(), world.store.runs()[0].status), ("timeout", RunStatus::Failed));
}

#[tokio::test(start_paused = true)]
async fn all_attempts_of_an_engine_share_its_deadline_and_a_fallback_has_its_own() {
    let slow = vec![Step::Pause(Duration::from_mins(4)), Step::Fail(EngineErrorKind::Broken)];
    let falls_back = |info: &mut EngineInfo| {
        info.limits.attempts = 9;
        info.fallback = Some("stand-in".to_owned());
    };
    let engine = FakeEngine::new([slow]).with(falls_back);
    let asked = engine.asked.clone();
    let other = FakeEngine::new([vec![Step::Pause(Duration::from_mins(9)), Step::Say("ink")]])
        .with(|info| "stand-in".clone_into(&mut info.identity.model));
    let engines = Engines::new(Arc::new(engine), [Arc::new(other) as _], 64);
    let world = world_of(engines, 1, QuotaLimits::default());
    let (_, events) = collect(world.start("image", RunOptions::default()).await.unwrap()).await;
    let EventBody::End(end) = &events.last().unwrap().body else { panic!("{events:?}") };
    let outcomes: Vec<_> = end.attempts.iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert_eq!(outcomes, ["broken", "broken", "timeout", "ok"]);
    assert_eq!(asked.lock().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_one_event_a_minute_is_cut_off_with_a_reason() {
    let world = world(FakeEngine::new([vec![Step::Say("word "); 5_000]]), 1);
    let mut run = world.start("pdf 1", RunOptions::default()).await.unwrap();
    let begun = Instant::now();
    // Each event just before the stall's end.
    while world.store.runs()[0].status == RunStatus::Running {
        run.next().await.unwrap();
        tokio::time::sleep(Duration::from_secs(29)).await;
    }
    assert!(begun.elapsed() < Duration::from_mins(10), "{:?}", begun.elapsed());
    assert_eq!(world.store.runs()[0].status, RunStatus::Aborted);
    let rest: Vec<_> = run.collect().await;
    let EventBody::Error { error } = &rest.last().unwrap().body else { panic!("{:?}", rest.last()) };
    assert_eq!(error.code, ErrorCode::Aborted);
    assert!(error.message.contains("too slowly"), "{}", error.message);
    assert!(rest.windows(2).all(|pair| pair[1].seq == pair[0].seq + 1), "the sequence has no gap");
    assert_eq!(rest.iter().filter(|event| kind(event) == "error").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_that_keeps_the_minimum_rate_reads_to_the_end() {
    let world = world(FakeEngine::new([vec![Step::Say("word "); 2_000]]), 1);
    let mut run = world.start("pdf 1", RunOptions::default()).await.unwrap();
    let mut last = String::new();
    // An event has about 100 bytes: three a second are more than 256 bytes a second.
    while let Some(event) = run.next().await {
        last = kind(&event);
        tokio::time::sleep(Duration::from_millis(330)).await;
    }
    assert_eq!(last, "end");
}

#[tokio::test]
async fn text_that_an_engine_has_ready_at_once_arrives_whole_and_in_order() {
    let numbers: Vec<String> = (0..2_000).map(|number| format!("{number} ")).collect();
    let script: Vec<Step> = numbers.iter().map(|number| Step::Say(number.clone().leak())).collect();
    let world = world(FakeEngine::new([script]), 1);
    for document in ["image", "pdf 1"] {
        let (_, events) = collect(world.start(document, RunOptions::default()).await.unwrap()).await;
        assert!(events.iter().zip(0..).all(|(event, seq)| event.seq == seq), "{document}");
        let text: String = events
            .iter()
            .filter_map(|event| match &event.body {
                EventBody::Delta { delta, .. } | EventBody::PageDelta { delta, .. } => Some(delta.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(text, numbers.concat(), "{document}");
        assert!(matches!(events.last().unwrap().body, EventBody::End(_)), "{document}");
    }
}

#[tokio::test(start_paused = true)]
async fn text_does_not_wait_for_the_engine_to_go_on_or_to_be_asked_again() {
    let pause = vec![Step::Say("one "), Step::Say("two "), Step::Pause(Duration::from_mins(1)), Step::Say("three")];
    let busy = vec![Step::Say("one "), Step::Say("two "), Step::Busy(Duration::from_mins(1))];
    for script in [pause, busy] {
        let engine = FakeEngine::new([script]).with(|info| info.limits.attempts = 2);
        let world = world(engine, 1);
        let options = RunOptions { resets: true, ..RunOptions::default() };
        let mut run = world.start("pdf 1", options).await.unwrap();
        let begun = Instant::now();
        let mut text = String::new();
        while text != "one two " {
            if let EventBody::PageDelta { delta, .. } = run.next().await.unwrap().body {
                text.push_str(&delta);
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
}
