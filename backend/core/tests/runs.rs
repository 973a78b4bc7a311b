//! Runs, against ports in memory. Time is tokio's, and stands still unless everything waits for it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test did not expect fails it")]

mod attempts;
mod bounds;
mod durability;
mod embedded;
mod endings;
mod engines;
mod markdown;
mod options;
mod page_reader;
mod storage;
mod support;

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use inkstream_core::{
    ports::{EngineErrorKind, PageOutcome},
    quota::QuotaLimits,
    runs::{self, Source},
};
use inkstream_wire::{ErrorCode, EventBody, RunOptions, RunStatus};
use support::{Call, FakeEngine, PRICE, Step, client, collect, kind, world, world_with};
use tokio::sync::Semaphore;

fn options() -> RunOptions {
    RunOptions::default()
}

#[tokio::test]
async fn an_image_streams_start_deltas_and_end() {
    let world = world(FakeEngine::new([vec![Step::Say("a "), Step::Say("line"), Step::Count(7)]]), 1);
    let (kinds, events) = collect(world.start("image", options()).await.unwrap()).await;
    assert_eq!(kinds, ["start", "delta", "delta", "end"]);
    assert!(events.iter().zip(0..).all(|(event, seq)| event.seq == seq));
    let EventBody::Start(start) = &events[0].body else { panic!() };
    assert_eq!((start.pages, start.width, start.height), (None, Some(85), Some(110)));
    let EventBody::End(end) = &events[3].body else { panic!() };
    assert_eq!((end.usage.completion_tokens, end.usage.completion_chars, end.usage.pages), (7, 6, None));
    assert_eq!((end.usage.estimated, end.finish_reason.as_deref()), (false, Some("stop")));
    let row = &world.store.runs()[0];
    assert_eq!((row.status, row.pages, row.usage.completion_tokens), (RunStatus::Ok, 1, 7));
    assert_eq!(world.store.records()[0].text, "a line");
}

#[tokio::test]
async fn pages_interleave_while_each_keeps_its_order() {
    let gate = Arc::new(Semaphore::new(0));
    let first = vec![Step::Say("one"), Step::Wait(gate.clone()), Step::Say("more")];
    let world = world(FakeEngine::new([first, vec![Step::Say("two")]]), 1);
    let mut run = world.start("pdf 2", options()).await.unwrap();
    let mut kinds = Vec::new();
    while let Some(event) = run.next().await {
        kinds.push(kind(&event));
        if kinds.last().is_some_and(|kind| kind == "page_end 2") {
            gate.add_permits(1);
        }
    }
    assert_eq!(kinds.first().unwrap(), "start");
    assert_eq!(kinds.last().unwrap(), "end");
    let of = |page: &str| kinds.iter().filter(|kind| kind.ends_with(page)).cloned().collect::<Vec<_>>();
    assert_eq!(of(" 1"), ["page_start 1", "page_delta 1", "page_delta 1", "page_end 1"]);
    assert_eq!(of(" 2"), ["page_start 2", "page_delta 2", "page_end 2"]);
    let position = |wanted: &str| kinds.iter().position(|kind| kind == wanted).unwrap();
    assert!(position("page_end 2") < position("page_end 1"));
}

#[tokio::test]
async fn a_page_that_fails_costs_itself_alone() {
    let world = world(FakeEngine::new([vec![Step::Say("text")]]), 1);
    let (kinds, events) = collect(world.start("pdf 3 bad 2", options()).await.unwrap()).await;
    assert!(kinds.contains(&"page_error 2".to_owned()), "{kinds:?}");
    assert!(kinds.contains(&"page_end 1".to_owned()) && kinds.contains(&"page_end 3".to_owned()));
    let EventBody::End(end) = &events.last().unwrap().body else { panic!() };
    assert_eq!(end.usage.pages, Some(2));
    assert_eq!((world.store.runs()[0].status, world.store.runs()[0].pages), (RunStatus::Partial, 2));
}

#[tokio::test]
async fn when_every_page_fails_the_last_event_is_an_error() {
    let world = world(FakeEngine::new([vec![Step::Fail(EngineErrorKind::Timeout)]]), 1);
    let (kinds, events) = collect(world.start("pdf 2", options()).await.unwrap()).await;
    assert_eq!(kinds.last().unwrap(), "error");
    let EventBody::Error { error } = &events.last().unwrap().body else { panic!() };
    assert_eq!(error.code, ErrorCode::EngineTimeout);
    assert_eq!(world.store.runs()[0].status, RunStatus::Failed);
}

#[tokio::test]
async fn an_image_that_cannot_be_read_at_all_fails_the_request() {
    let world = world(FakeEngine::new([vec![Step::Fail(EngineErrorKind::Unreachable)]]), 1);
    let error = world.start("image", options()).await.err().unwrap();
    assert_eq!(error.code, ErrorCode::EngineUnreachable);
    let error = world.start("image bad", options()).await.err().unwrap();
    assert_eq!(error.code, ErrorCode::PageUnreadable);
    world.settled().await;
    assert!(world.store.runs().iter().all(|row| row.status == RunStatus::Failed));
}

#[tokio::test]
async fn a_failure_in_mid_stream_is_an_event_and_keeps_what_came() {
    let script = vec![Step::Say("half"), Step::Fail(EngineErrorKind::Broken)];
    let world = world(FakeEngine::new([script]), 1);
    let (kinds, _) = collect(world.start("image", options()).await.unwrap()).await;
    assert_eq!(kinds, ["start", "delta", "error"]);
    let record = &world.store.records()[0];
    assert_eq!((record.text.as_str(), record.usage.completion_chars), ("half", 4));
    assert!(matches!(record.outcome, PageOutcome::Failed(_)));
}

#[tokio::test]
async fn a_reader_that_leaves_stops_the_engine_and_is_billed_what_it_used() {
    let gate = Arc::new(Semaphore::new(0));
    let engine = FakeEngine::new([vec![Step::Say("so far"), Step::Count(3), Step::Wait(gate)]]);
    let dropped = engine.dropped.clone();
    let world = world(engine, 1);
    let mut run = world.start("pdf 1", options()).await.unwrap();
    while kind(&run.next().await.unwrap()) != "page_delta 1" {}
    drop(run);
    dropped.notified().await;
    world.settled().await;
    let row = &world.store.runs()[0];
    assert_eq!((row.status, row.usage.completion_tokens, row.pages), (RunStatus::Aborted, 3, 0));
    assert_eq!(world.store.records()[0].text, "so far");
    // The place is free again.
    assert!(collect(world.start("pdf 1 bad 1", options()).await.unwrap()).await.0.contains(&"start".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_no_events_is_cut_off() {
    let talk = vec![Step::Say("word "); 2_000];
    let world = world(FakeEngine::new([talk]), 1);
    let run = world.start("pdf 1", options()).await.unwrap();
    world.settled().await;
    assert_eq!(world.store.runs()[0].status, RunStatus::Aborted);
    assert!(world.store.runs()[0].usage.completion_chars < 10_000);
    drop(run);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_are_sent_while_nothing_else_is() {
    let gate = Arc::new(Semaphore::new(0));
    let world = world(FakeEngine::new([vec![Step::Wait(gate.clone())]]), 1);
    let mut run = world.start("pdf 1", options()).await.unwrap();
    let mut kinds = Vec::new();
    while let Some(event) = run.next().await {
        kinds.push(kind(&event));
        if kinds.ends_with(&["heartbeat".to_owned(), "heartbeat".to_owned()]) {
            gate.add_permits(1);
        }
    }
    assert_eq!(kinds, ["start", "page_start 1", "heartbeat", "heartbeat", "page_end 1", "end"]);
}

#[tokio::test]
async fn a_waiting_run_reports_its_queue_position() {
    let gate = Arc::new(Semaphore::new(0));
    let world = world(FakeEngine::new([vec![Step::Wait(gate.clone())]]), 1);
    let first = world.start("pdf 1", options()).await.unwrap();
    let mut second = world.start("pdf 1", options()).await.unwrap();
    let mut third = world.start("pdf 1", options()).await.unwrap();
    assert_eq!(second.next().await.unwrap().body, EventBody::Queued { ahead: 0 });
    assert_eq!(third.next().await.unwrap().body, EventBody::Queued { ahead: 1 });
    drop(second);
    assert_eq!(third.next().await.unwrap().body, EventBody::Queued { ahead: 0 });
    gate.add_permits(2);
    assert!(collect(first).await.0.contains(&"end".to_owned()));
    assert_eq!(collect(third).await.0.last().unwrap(), "end");
}

#[tokio::test]
async fn a_document_that_is_not_kept_is_deleted_with_the_run() {
    let world = world(FakeEngine::new([vec![Step::Say("secret")]]), 1);
    let keep_not = RunOptions { store: Some(false), ..options() };
    let _ = collect(world.start("image", keep_not).await.unwrap()).await;
    world.settled().await;
    assert_eq!((world.store.documents_stored(), world.blobs.count()), (0, 0));
    assert_eq!(world.store.runs()[0].status, RunStatus::Ok);
}

#[tokio::test]
async fn a_refused_upload_leaves_no_blob_no_document_and_no_row() {
    let world = world(FakeEngine::new([vec![Step::Say("text")]]), 1);
    for (content, options, code) in [
        ("garbage", options(), ErrorCode::UnsupportedMediaType),
        ("pdf 2", RunOptions { model: Some("none".to_owned()), ..options() }, ErrorCode::UnknownModel),
        ("pdf 2", RunOptions { pages: Some("3".to_owned()), ..options() }, ErrorCode::PagesOutOfRange),
        ("pdf 2", RunOptions { pages: Some("x".to_owned()), ..options() }, ErrorCode::InvalidOption),
        ("pdf 2", RunOptions { dpi: Some(f32::NAN), ..options() }, ErrorCode::InvalidOption),
        ("pdf 2", RunOptions { task: Some(inkstream_wire::Task::Locate), ..options() }, ErrorCode::UnsupportedTask),
    ] {
        assert_eq!(world.start(content, options).await.err().unwrap().code, code);
    }
    let ticket = world.runs.queue.enter(&[client()]).unwrap();
    let image = Source::Upload(world.upload("image").await);
    let wrong =
        runs::start(&world.runs, world.owner.clone(), ticket, image, Some(inkstream_wire::RunKind::Pdf), options())
            .await;
    let error = wrong.err().unwrap();
    assert_eq!(error.code, ErrorCode::WrongRoute);
    assert!(error.detail.contains("/api/ocr/image"));
    assert_eq!((world.store.documents_stored(), world.blobs.count(), world.store.runs().len()), (0, 0, 0));
}

#[tokio::test]
async fn missing_pages_are_those_without_a_complete_result() {
    let world = world(FakeEngine::new([vec![Step::Say("text")]]), 1);
    let run = world.start("pdf 3 bad 2", options()).await.unwrap();
    let id = run.document_id;
    let _ = collect(run).await;
    let again = RunOptions { pages: Some("missing".to_owned()), ..options() };
    let ticket = world.runs.queue.enter(&[client()]).unwrap();
    let run = runs::start(&world.runs, world.owner.clone(), ticket, Source::Stored(id), None, again).await.unwrap();
    let (kinds, _) = collect(run).await;
    assert_eq!(kinds, ["start", "page_error 2", "error"]);
}

#[tokio::test]
async fn a_full_disk_fails_the_page_and_the_run() {
    let world = world(FakeEngine::new([vec![Step::Say("text")]]), 1);
    world.store.refuse(Call::FinishPage, u32::MAX, ErrorCode::StorageFull);
    let (kinds, events) = collect(world.start("pdf 1", options()).await.unwrap()).await;
    assert_eq!(kinds, ["start", "page_start 1", "page_delta 1", "page_error 1", "error"]);
    let EventBody::Error { error } = &events.last().unwrap().body else { panic!() };
    assert_eq!(error.code, ErrorCode::StorageFull);
}

#[tokio::test]
async fn a_panic_settles_the_row_and_ends_the_stream() {
    let world = world(FakeEngine::new([vec![Step::Say("text"), Step::Panic]]), 1);
    let run = world.start("pdf 1", options()).await.unwrap();
    let _ = collect(run).await;
    world.settled().await;
    assert_eq!(world.store.runs()[0].status, RunStatus::Failed);
}

#[tokio::test]
async fn a_stopping_server_reports_it_and_settles_the_run() {
    let gate = Arc::new(Semaphore::new(0));
    let world = world(FakeEngine::new([vec![Step::Say("text"), Step::Wait(gate)]]), 1);
    let mut run = world.start("pdf 1", options()).await.unwrap();
    while kind(&run.next().await.unwrap()) != "page_delta 1" {}
    world.runs.lifecycle.stopping.cancel();
    let (kinds, _) = collect(run).await;
    assert_eq!(kinds, ["error"]);
    assert_eq!(world.store.runs()[0].status, RunStatus::Aborted);
}

#[tokio::test]
async fn a_run_beyond_the_months_pages_is_refused_before_the_engine_is_asked_and_leaves_nothing() {
    let quota = QuotaLimits { pages: Some(1), tokens: None };
    let engine = FakeEngine::new([vec![Step::Say("never")]]);
    let world = world_with(engine, 1, quota);
    let refused = world.start("pdf 2", options()).await.err().unwrap();
    assert_eq!(refused.code, ErrorCode::QuotaExceeded);
    assert!(refused.retry_after.unwrap() > 86_400, "until the month's end");
    assert_eq!((world.store.documents_stored(), world.blobs.count()), (0, 0));
    assert!(world.store.records().is_empty());
}

#[tokio::test]
async fn pages_wait_for_tokens_that_others_of_their_run_hold() {
    let gate = Arc::new(Semaphore::new(0));
    let first = vec![Step::Say("one"), Step::Wait(gate.clone()), Step::Count(7)];
    let engine = FakeEngine::new([first, vec![Step::Say("two")], vec![Step::Say("three")]]);
    // Each page reserves 100.
    let world = world_with(engine, 1, QuotaLimits { pages: None, tokens: Some(150) });
    let mut run = world.start("pdf 3", options()).await.unwrap();
    let mut kinds = Vec::new();
    while let Some(event) = run.next().await {
        kinds.push(kind(&event));
        if kinds.last().is_some_and(|kind| kind.starts_with("page_delta")) {
            gate.add_permits(1);
        }
    }
    assert_eq!(kinds.iter().filter(|kind| kind.starts_with("page_end")).count(), 3, "{kinds:?}");
    assert!(world.store.reserved.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_page_for_which_no_tokens_are_left_fails_at_once() {
    let engine = FakeEngine::new([vec![Step::Say("never")]]);
    let world = world_with(engine, 1, QuotaLimits { pages: None, tokens: Some(99) });
    let refused = world.start("image", options()).await.err().unwrap();
    assert_eq!(refused.code, ErrorCode::QuotaExceeded);
    assert!(refused.retry_after.unwrap() > 86_400);
}

#[tokio::test]
async fn a_page_whose_reader_disconnects_at_the_last_text_counts_and_costs() {
    let gate = Arc::new(Semaphore::new(0));
    let world = world(FakeEngine::new([vec![Step::Say("all of it"), Step::Wait(gate)]]), 1);
    let mut run = world.start("image", options()).await.unwrap();
    while let Some(event) = run.next().await {
        if kind(&event) == "delta" {
            break;
        }
    }
    drop(run);
    world.settled().await;
    let record = &world.store.records()[0];
    assert_eq!((&record.outcome, record.counts), (&PageOutcome::Aborted, true));
    assert_eq!(record.cost, Some(PRICE.thousand_pages / 1000.0));
}

#[tokio::test]
async fn a_page_that_was_read_has_its_price() {
    let world = world(FakeEngine::new([vec![Step::Say("a line")]]), 1);
    collect(world.start("image", options()).await.unwrap()).await;
    assert_eq!(world.store.records()[0].cost, Some(PRICE.thousand_pages / 1000.0));
}

#[tokio::test]
async fn a_resolution_below_the_requested_one_is_reported_in_tenths() {
    let world = world(FakeEngine::new([vec![Step::Say("text")]]), 1);
    for (content, asked, told, lowered) in [
        ("pdf 1", Some(300.0), 150.0, Some(150.0)),
        ("pdf 1", Some(96.04), 96.0, None),
        ("pdf 1", None, 100.0, None),
        ("image", Some(300.0), 150.0, None),
    ] {
        let run = world.start(content, RunOptions { dpi: asked, ..options() }).await.unwrap();
        let (_, events) = collect(run).await;
        let dpi = events.iter().find_map(|event| match &event.body {
            EventBody::Start(start) => start.dpi,
            EventBody::PageStart(start) => start.dpi,
            _ => None,
        });
        let lower = events.iter().find_map(|event| match &event.body {
            EventBody::PageEnd(end) => end.lowered_dpi,
            EventBody::End(end) => end.lowered_dpi,
            _ => None,
        });
        assert_eq!((dpi, lower), (Some(told), lowered), "{content} at {asked:?}");
    }
}

#[tokio::test]
async fn a_busy_engines_retry_after_is_passed_on_up_to_a_maximum() {
    let hours = Duration::from_hours(5);
    let world = world(FakeEngine::new([Duration::from_secs(17), hours].map(|wait| vec![Step::Busy(wait)])), 1);
    for seconds in [17, 3600] {
        let error = world.start("image", options()).await.err().unwrap();
        assert_eq!((error.code, error.retry_after), (ErrorCode::Unavailable, Some(seconds)));
    }
}

#[tokio::test]
async fn the_error_for_an_unsupported_task_names_the_supported_ones() {
    let world = world(FakeEngine::new([vec![Step::Say("never")]]), 1);
    let task = Some(inkstream_wire::Task::Locate);
    let error = world.start("pdf 1", RunOptions { task, ..options() }).await.err().unwrap();
    assert_eq!(error.detail, "fake does these tasks: text. No engine here does locate.");
}
