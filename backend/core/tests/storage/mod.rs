//! What a locked database and a full disk cost: time, and never a page, a row or a document.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures::StreamExt as _;
use inkstream_core::{
    documents::{self, PageImageOptions},
    ports::PageOutcome,
    runs::LiveRun,
    sweep::sweep,
};
use inkstream_wire::{ErrorCode, EventBody, RunOptions, RunStatus};
use tokio::{sync::Semaphore, time::Instant};

use crate::support::{Call, FakeEngine, PATIENCE, Step, World, collect, kind, world};

fn screen() -> documents::PageImageOptions {
    documents::PageImageOptions { width: 800, ..documents::PageImageOptions::default() }
}

fn saying(text: &'static str) -> World {
    world(FakeEngine::new([vec![Step::Say(text)]]), 1)
}

async fn read(world: &World, content: &'static str) -> LiveRun {
    world.start(content, RunOptions::default()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_run_that_a_locked_database_cannot_close_is_closed_when_it_can() {
    for code in [ErrorCode::Unavailable, ErrorCode::StorageFull] {
        let world = saying("text");
        world.store.refuse(Call::SettleRun, 9, code);
        let (kinds, events) = collect(read(&world, "pdf 1").await).await;
        assert_eq!(kinds.last().unwrap(), "end", "the reader need not wait for it");
        let EventBody::End(end) = &events.last().unwrap().body else { panic!() };
        assert_eq!((end.usage.pages, end.usage.completion_chars), (Some(1), 4));
        assert_eq!(world.store.runs()[0].status, RunStatus::Running);
        world.settled().await;
        assert_eq!((world.store.runs()[0].status, world.store.runs()[0].pages), (RunStatus::Ok, 1), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_a_disconnect_or_a_panic_ended_is_also_settled_late() {
    let gate = Arc::new(Semaphore::new(0));
    let world = world(FakeEngine::new([vec![Step::Say("so far"), Step::Wait(gate)], vec![Step::Panic]]), 2);
    world.store.refuse(Call::SettleRun, 4, ErrorCode::Unavailable);
    world.store.refuse(Call::FinishPage, 6, ErrorCode::Unavailable);
    let mut left = read(&world, "pdf 1").await;
    while kind(&left.next().await.unwrap()) != "page_delta 1" {}
    drop(left);
    world.settled().await;
    assert_eq!(world.store.runs()[0].status, RunStatus::Aborted);
    assert_eq!((world.store.records()[0].text.as_str(), world.store.runs()[0].usage.completion_chars), ("so far", 6));

    world.store.refuse(Call::SettleRun, 4, ErrorCode::Unavailable);
    let broken = read(&world, "pdf 1").await;
    let id = broken.run_id;
    collect(broken).await;
    world.settled().await;
    let row = world.store.runs().into_iter().find(|row| row.run_id == id).unwrap();
    assert_eq!(row.status, RunStatus::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_waits_no_longer_for_the_database() {
    let world = saying("text");
    world.store.refuse(Call::SettleRun, u32::MAX, ErrorCode::Unavailable);
    collect(read(&world, "pdf 1").await).await;
    assert_eq!(world.runs.live_runs.now().len(), 1, "its task still tries");
    let begun = Instant::now();
    world.runs.lifecycle.stopping.cancel();
    world.settled().await;
    assert!(begun.elapsed() <= PATIENCE, "{:?}", begun.elapsed());
    assert_eq!(world.runs.live_runs.now(), []);
}

#[tokio::test]
async fn leases_are_renewed_while_their_tasks_run() {
    let gate = Arc::new(Semaphore::new(0));
    let world = world(FakeEngine::new([vec![Step::Wait(gate.clone())]]), 1);
    let (running, waiting) = (read(&world, "pdf 1").await, read(&world, "pdf 1").await);
    let mut live = vec![running.run_id, waiting.run_id];
    live.sort_unstable();
    sweep(&world.runs, &world.accounts, false).await;
    let mut renewed = world.store.renewed.lock().unwrap().pop().unwrap();
    renewed.sort_unstable();
    assert_eq!(renewed, live);

    gate.add_permits(2);
    tokio::join!(collect(running), collect(waiting));
    world.settled().await;
    sweep(&world.runs, &world.accounts, false).await;
    assert!(world.store.renewed.lock().unwrap().is_empty(), "without a run nothing is written");
}

#[tokio::test(start_paused = true)]
async fn a_page_waits_for_a_locked_database_and_its_reader_hears_that_it_does() {
    let world = saying("text");
    world.store.refuse(Call::FinishPage, 3, ErrorCode::Unavailable);
    let (kinds, _) = collect(read(&world, "pdf 1").await).await;
    assert_eq!(kinds, ["start", "page_start 1", "page_delta 1", "heartbeat", "page_end 1", "end"]);
    let records = world.store.records();
    assert_eq!((records.len(), &records[0].outcome, records[0].text.as_str()), (1, &PageOutcome::Done, "text"));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_cannot_be_stored_reports_it_and_keeps_its_previous_row() {
    for (code, times) in [(ErrorCode::Unavailable, 4), (ErrorCode::StorageFull, 1)] {
        let world = saying("text");
        world.store.refuse(Call::FinishPage, times, code);
        let (_, events) = collect(read(&world, "pdf 1").await).await;
        let told = events.iter().find_map(|event| match &event.body {
            EventBody::PageError { error, .. } => Some(error.clone()),
            _ => None,
        });
        let told = told.unwrap();
        assert_eq!(told.code, code);
        assert!(told.message.starts_with("The page was read, but its text could not be stored."), "{}", told.message);
        world.settled().await;
        let record = &world.store.records()[0];
        assert_eq!((&record.outcome, record.text.as_str()), (&PageOutcome::Failed(told), "text"));
        assert_eq!(record.cost, Some(0.0), "a page that failed has no price");
        let row = &world.store.runs()[0];
        assert_eq!((row.status, row.pages, row.usage.completion_chars), (RunStatus::Failed, 0, 4));
    }
}

#[tokio::test]
async fn a_full_disk_lets_the_bytes_of_a_document_go_and_then_the_rest() {
    let world = saying("text");
    let upload = world.upload("pdf 1").await;
    let id = documents::add(&world.documents, &world.owner, upload, None).await.unwrap().id;
    world.store.refuse(Call::DeleteDocument, 1, ErrorCode::StorageFull);
    let full = documents::delete(&world.documents, &world.owner, id).await.unwrap_err();
    assert_eq!((full.code, world.blobs.count()), (ErrorCode::StorageFull, 0));

    let refused = documents::page_image(&world.documents, &world.owner, id, 1, screen()).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotFound);
    documents::delete(&world.documents, &world.owner, id).await.unwrap();
    assert_eq!(world.store.documents_stored(), 0);
}

#[tokio::test]
async fn a_full_disk_lets_the_bytes_of_all_that_has_expired_go_first() {
    let world = saying("text");
    for _ in 0..3 {
        let upload = world.upload("pdf 1").await;
        documents::add(&world.documents, &world.owner, upload, None).await.unwrap();
    }
    world.clock.forward(world.documents.ttl);
    world.store.refuse(Call::DeleteDocument, 1, ErrorCode::StorageFull);
    sweep(&world.runs, &world.accounts, false).await;
    assert_eq!((world.blobs.count(), world.store.documents_stored()), (0, 3));
    sweep(&world.runs, &world.accounts, false).await;
    assert_eq!(world.store.documents_stored(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_transient_document_is_deleted_first_to_make_room_for_the_end_of_its_run() {
    let world = saying("secret");
    world.store.refuse(Call::SettleRun, 2, ErrorCode::StorageFull);
    world.store.refuse(Call::DeleteDocument, 1, ErrorCode::StorageFull);
    let keep_not = RunOptions { store: Some(false), ..RunOptions::default() };
    collect(world.start("pdf 1", keep_not).await.unwrap()).await;
    world.settled().await;
    assert_eq!((world.store.documents_stored(), world.blobs.count()), (0, 0));
    assert_eq!(world.store.runs()[0].status, RunStatus::Ok);
}

#[tokio::test(start_paused = true)]
async fn a_locked_database_delays_the_start_of_a_run_once() {
    let world = saying("never");
    world.store.refuse(Call::BeginRun, 1, ErrorCode::Unavailable);
    world.store.refuse(Call::DeleteDocument, 1, ErrorCode::Unavailable);
    let begun = Instant::now();
    let error = world.start("pdf 1", RunOptions::default()).await.err().unwrap();
    assert_eq!((error.code, begun.elapsed()), (ErrorCode::Unavailable, PATIENCE));
    world.settled().await;
    assert_eq!(world.blobs.count(), 0);
}

#[tokio::test]
async fn a_page_image_is_rendered_once() {
    let world = saying("text");
    let upload = world.upload("pdf 1").await;
    let id = documents::add(&world.documents, &world.owner, upload, None).await.unwrap().id;
    documents::page_image(&world.documents, &world.owner, id, 1, screen()).await.unwrap();
    let widths: Vec<_> = world.paper.specs.lock().unwrap().iter().map(|spec| spec.max_width).collect();
    assert_eq!(widths, [Some(800)]);
}

#[tokio::test]
async fn a_document_stays_open_for_its_next_page_image_until_it_is_idle_or_deleted() {
    let world = saying("text");
    let opened = || world.paper.opened.load(Ordering::Relaxed);
    let stored = async |kind| {
        let upload = world.upload(kind).await;
        documents::add(&world.documents, &world.owner, upload, None).await.unwrap().id
    };
    let page_image = async |id, page, password: Option<&str>| {
        let options = PageImageOptions { password: password.map(str::to_owned), ..screen() };
        documents::page_image(&world.documents, &world.owner, id, page, options).await.map(drop)
    };
    let id = stored("pdf 3").await;
    let before = opened();
    for page in 1..=3 {
        page_image(id, page, None).await.unwrap();
    }
    assert_eq!(opened() - before, 1);
    // Another password might not open it.
    page_image(id, 1, Some("secret")).await.unwrap();
    assert_eq!(opened() - before, 2);

    world.clock.forward(Duration::from_secs(20));
    sweep(&world.runs, &world.accounts, false).await;
    page_image(id, 2, Some("secret")).await.unwrap();
    assert_eq!(opened() - before, 3);
    sweep(&world.runs, &world.accounts, false).await;
    page_image(id, 3, Some("secret")).await.unwrap();
    assert_eq!(opened() - before, 3, "it is not idle");

    documents::delete(&world.documents, &world.owner, id).await.unwrap();
    assert_eq!(page_image(id, 1, Some("secret")).await.unwrap_err().code, ErrorCode::NotFound);

    // More documents than may stay open: the first is opened again.
    let mut many = Vec::new();
    for _ in 0..9 {
        many.push(stored("pdf 2").await);
    }
    for id in &many {
        page_image(*id, 1, None).await.unwrap();
    }
    let before = opened();
    page_image(many[8], 2, None).await.unwrap();
    assert_eq!(opened() - before, 0);
    page_image(many[0], 2, None).await.unwrap();
    assert_eq!(opened() - before, 1);
}

#[tokio::test]
async fn the_pages_of_a_document_come_in_batches_and_a_deleted_one_ends_in_an_error() {
    let world = saying("text");
    let upload = world.upload("pdf 70").await;
    let id = documents::add(&world.documents, &world.owner, upload, None).await.unwrap().id;
    let document = documents::document(&world.documents, &world.owner, id).await.unwrap();
    let batches: Vec<_> = documents::pages(world.store.clone(), &document).collect().await;
    let sizes: Vec<_> = batches.iter().map(|batch| batch.as_ref().unwrap().len()).collect();
    assert!(sizes.len() > 1 && sizes.iter().sum::<usize>() == 70, "{sizes:?}");
    let numbers: Vec<u32> = batches.iter().flatten().flatten().map(|page| page.record.summary.page).collect();
    assert_eq!(numbers, (1..=70).collect::<Vec<_>>());

    let mut pages = Box::pin(documents::pages(world.store.clone(), &document));
    assert!(pages.next().await.unwrap().is_ok());
    documents::delete(&world.documents, &world.owner, id).await.unwrap();
    assert_eq!(
        pages.next().await.unwrap().unwrap_err().code,
        ErrorCode::NotFound,
        "a text without its end looks whole"
    );
    assert!(pages.next().await.is_none());
}
