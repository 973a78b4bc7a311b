//! What is never left half done, and what stuck things keep from going on.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use inkstream_core::{
    documents,
    ports::{Clock as _, DocumentStore as _, NewDocument},
    runs::{self, Source},
    sweep::{recover, sweep},
};
use inkstream_wire::{DocumentId, DocumentKind, ErrorCode, EventBody, RunKind, RunOptions, RunStatus};
use tokio::sync::Semaphore;

use crate::support::{Call, FakeEngine, Step, World, client, collect, kind, world};

const LEASE: Duration = Duration::from_mins(1);

fn not_kept() -> RunOptions {
    RunOptions { store: Some(false), ..RunOptions::default() }
}

fn kept() -> RunOptions {
    RunOptions::default()
}

/// A world whose engine says something and then waits for a permit.
fn waiting() -> (World, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    (world(FakeEngine::new([vec![Step::Say("so far"), Step::Wait(gate.clone())]]), 8), gate)
}

async fn expired_documents(world: &World, count: usize) -> Vec<DocumentId> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let upload = world.upload("pdf 1").await;
        ids.push(documents::add(&world.documents, &world.owner, upload, None).await.unwrap().id);
    }
    world.clock.forward(world.documents.ttl);
    ids
}

fn undeletable(world: &World, ids: &[DocumentId]) {
    let keys = ids.iter().map(|id| inkstream_core::ports::BlobKey::document(id.0).to_string());
    world.blobs.undeletable.lock().unwrap().extend(keys);
}

#[tokio::test]
async fn a_document_that_is_not_kept_expires_with_its_lease_which_its_run_renews() {
    let (world, gate) = waiting();
    let mut run = world.start("pdf 1", not_kept()).await.unwrap();
    while kind(&run.next().await.unwrap()) != "page_delta 1" {}
    assert_eq!(world.store.expiries(), [(true, world.clock.now() + LEASE)]);
    for _ in 0..4 {
        world.clock.forward(LEASE * 2 / 3);
        sweep(&world.runs, &world.accounts, false).await;
    }
    assert_eq!(world.store.expiries(), [(true, world.clock.now() + LEASE)]);
    assert_eq!(world.blobs.count(), 1, "it lives as long as its run");
    gate.add_permits(1);
    assert_eq!(collect(run).await.0.last().unwrap(), "end");
    world.settled().await;
    assert_eq!((world.store.documents_stored(), world.blobs.count()), (0, 0));
}

#[tokio::test]
async fn disconnecting_while_a_run_begins_leaves_no_document_row_or_reservation() {
    for call in [Call::AddDocument, Call::BeginRun] {
        for options in [not_kept(), kept()] {
            let keep = options.store.is_none();
            let (world, _gate) = waiting();
            let held = world.store.gate(call);
            let upload = world.upload("image").await;
            let ticket = world.runs.queue.enter(&[client()]).unwrap();
            let (owner, source) = (world.owner.clone(), Source::Upload(upload));
            let starting = runs::start(&world.runs, owner, ticket, source, Some(RunKind::Image), options);
            tokio::select! {
                _ = starting => panic!("it begins although it is held up"),
                reached = held.reached.acquire() => reached.unwrap().forget(),
            }
            held.open.add_permits(9);
            world.settled().await;
            // What its owner wants kept stays, as when the reader leaves in mid-run.
            let left = usize::from(keep);
            assert_eq!((world.store.documents_stored(), world.blobs.count()), (left, left), "{call:?}");
            let statuses: Vec<_> = world.store.runs().iter().map(|row| row.status).collect();
            assert_eq!(statuses, [RunStatus::Aborted], "{call:?}");
            assert_eq!(world.runs.live_runs.now(), []);
        }
    }
}

#[tokio::test]
async fn disconnecting_while_a_document_is_stored_leaves_all_of_it_or_nothing() {
    let (world, _gate) = waiting();
    let held = world.store.gate(Call::AddDocument);
    let upload = world.upload("pdf 1").await;
    tokio::select! {
        _ = documents::add(&world.documents, &world.owner, upload, None) => panic!("it is stored although it is held up"),
        reached = held.reached.acquire() => reached.unwrap().forget(),
    }
    held.open.add_permits(1);
    world.settled().await;
    assert_eq!((world.store.documents_stored(), world.blobs.count()), (1, 1));
}

#[tokio::test]
async fn a_disconnect_does_not_interrupt_deleting_a_document() {
    let (world, _gate) = waiting();
    let upload = world.upload("pdf 1").await;
    let id = documents::add(&world.documents, &world.owner, upload, None).await.unwrap().id;
    let held = world.store.gate(Call::DeleteDocument);
    tokio::select! {
        _ = documents::delete(&world.documents, &world.owner, id) => panic!("it is deleted although it is held up"),
        reached = held.reached.acquire() => reached.unwrap().forget(),
    }
    held.open.add_permits(1);
    world.settled().await;
    assert_eq!((world.store.documents_stored(), world.blobs.count()), (0, 0));
}

#[tokio::test]
async fn recovery_deletes_transient_documents() {
    let (world, _gate) = waiting();
    for transient in [true, false] {
        let upload = world.upload("pdf 1").await;
        let now = world.clock.now();
        let document = NewDocument {
            id: upload.id,
            owner: world.owner.clone(),
            filename: upload.filename.clone(),
            kind: DocumentKind::Pdf,
            bytes: 5,
            pages: 1,
            blob: inkstream_core::ports::BlobKey::document(upload.id.0),
            created_at: now,
            expires_at: now + LEASE,
            transient,
        };
        world.store.add_document(document).await.unwrap();
        // The process dies: nothing is dropped.
        std::mem::forget(upload);
    }
    recover(&world.runs, false).await.unwrap();
    assert_eq!(world.store.documents_stored(), 2, "another server may be at it");
    recover(&world.runs, true).await.unwrap();
    assert_eq!(world.store.expiries().iter().map(|(transient, _)| *transient).collect::<Vec<_>>(), [false]);
    assert_eq!(world.blobs.count(), 1);
}

#[tokio::test]
async fn a_dropped_upload_deletes_its_blob() {
    let (world, _gate) = waiting();
    drop(world.upload("pdf 1").await);
    world.settled().await;
    assert_eq!(world.blobs.count(), 0);
}

#[tokio::test]
async fn an_upload_dropped_while_its_blob_is_finished_deletes_its_blob() {
    let (world, _gate) = waiting();
    let held = Arc::new(crate::support::CallGate { reached: Semaphore::new(0), open: Semaphore::new(0) });
    *world.blobs.finishing.lock().unwrap() = Some(held.clone());
    tokio::select! {
        _ = world.upload("pdf 1") => panic!("it is there although it is held up"),
        reached = held.reached.acquire() => reached.unwrap().forget(),
    }
    held.open.add_permits(1);
    world.settled().await;
    assert_eq!(world.blobs.count(), 0);
    assert_eq!(world.blobs.deletions.lock().unwrap().len(), 1, "it was there before it was deleted");
}

#[tokio::test]
async fn a_blob_that_cannot_be_deleted_blocks_no_other_and_is_retried_later() {
    let (world, _gate) = waiting();
    let ids = expired_documents(&world, 3).await;
    undeletable(&world, &ids[..1]);
    sweep(&world.runs, &world.accounts, false).await;
    assert_eq!((world.store.documents_stored(), world.blobs.count()), (1, 1));
    assert_eq!(world.store.stuck_documents().await.unwrap(), 1);

    world.blobs.deletions.lock().unwrap().clear();
    sweep(&world.runs, &world.accounts, false).await;
    assert!(world.blobs.deletions.lock().unwrap().is_empty(), "it was moved back");
    for (minutes, tries) in [(1, 1), (1, 1), (1, 2), (4, 3)] {
        world.clock.forward(Duration::from_mins(minutes));
        sweep(&world.runs, &world.accounts, false).await;
        assert_eq!(world.blobs.deletions.lock().unwrap().len(), tries, "each wait is twice the one before");
    }
    world.blobs.undeletable.lock().unwrap().clear();
    world.clock.forward(Duration::from_mins(8));
    sweep(&world.runs, &world.accounts, false).await;
    assert_eq!((world.store.documents_stored(), world.blobs.count()), (0, 0));
    assert_eq!(world.store.stuck_documents().await.unwrap(), 0);
}

#[tokio::test]
async fn more_stuck_blobs_than_one_sweep_handles_block_no_other() {
    let (world, _gate) = waiting();
    let ids = expired_documents(&world, 260).await;
    undeletable(&world, &ids[..250]);
    sweep(&world.runs, &world.accounts, false).await;
    assert_eq!((world.store.documents_stored(), world.store.stuck_documents().await.unwrap()), (250, 250));
}

#[tokio::test]
async fn a_row_that_cannot_be_deleted_blocks_no_other() {
    let (world, _gate) = waiting();
    expired_documents(&world, 3).await;
    world.store.refuse(Call::DeleteDocument, 1, ErrorCode::Internal);
    sweep(&world.runs, &world.accounts, false).await;
    assert_eq!((world.store.documents_stored(), world.store.stuck_documents().await.unwrap()), (1, 1));
}

#[tokio::test]
async fn an_orphan_that_cannot_be_deleted_blocks_no_other() {
    let (world, _gate) = waiting();
    for stuck in [true, false, false] {
        let upload = world.upload("pdf 1").await;
        if stuck {
            undeletable(&world, &[upload.id]);
        }
        std::mem::forget(upload);
    }
    sweep(&world.runs, &world.accounts, true).await;
    assert_eq!(world.blobs.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_settled_while_leases_cannot_be_renewed() {
    let (world, gate) = waiting();
    let mut run = world.start("pdf 1", kept()).await.unwrap();
    while kind(&run.next().await.unwrap()) != "page_delta 1" {}
    world.clock.forward(LEASE * 2);
    for code in [ErrorCode::Unavailable, ErrorCode::Internal] {
        world.store.refuse(Call::ExtendLeases, 1, code);
        sweep(&world.runs, &world.accounts, false).await;
        assert!(!world.store.calls.lock().unwrap().contains(&Call::SettleLapsed), "{code}");
    }
    // Nor does what settles without renewing touch a run whose task lives.
    assert_eq!(recover(&world.runs, false).await.unwrap(), 0);
    gate.add_permits(1);
    assert_eq!(collect(run).await.0, ["page_end 1", "end"]);
    assert_eq!(world.store.runs()[0].status, RunStatus::Ok);
}

#[tokio::test]
async fn a_run_without_a_task_is_settled_when_its_lease_is_over() {
    let (world, _gate) = waiting();
    let (dead, _elsewhere) = waiting();
    // A run that another process has begun, and not this one.
    let run = dead.start("pdf 1", kept()).await.unwrap();
    world.store.adopt(&dead.store);
    sweep(&world.runs, &world.accounts, false).await;
    assert_eq!(world.store.runs()[0].status, RunStatus::Running);
    world.clock.forward(LEASE * 2);
    sweep(&world.runs, &world.accounts, false).await;
    assert_eq!(world.store.runs()[0].status, RunStatus::Aborted);
    drop(run);
}

#[tokio::test]
async fn a_run_of_a_dead_process_that_cannot_be_settled_is_tried_once_and_keeps_no_other_open() {
    let (world, _gate) = waiting();
    let (dead, _elsewhere) = waiting();
    let runs = [dead.start("pdf 1", kept()).await.unwrap(), dead.start("pdf 1", kept()).await.unwrap()];
    world.store.adopt(&dead.store);
    world.clock.forward(LEASE * 2);
    world.store.refuse(Call::SettleLapsed, 1, ErrorCode::Internal);
    for _ in 0..3 {
        sweep(&world.runs, &world.accounts, false).await;
    }
    let open = world.store.runs().iter().filter(|row| row.status == RunStatus::Running).count();
    let tries = world.store.calls.lock().unwrap().iter().filter(|call| **call == Call::SettleLapsed).count();
    assert_eq!((open, tries), (1, 2));
    drop(runs);
}

#[tokio::test]
async fn a_page_that_comes_after_its_run_was_closed_is_an_error_that_ends_the_run() {
    for (content, expected) in [("pdf 9", vec!["page_error 1", "error"]), ("image", vec!["error"])] {
        let (world, gate) = waiting();
        let mut run = world.start(content, kept()).await.unwrap();
        while !kind(&run.next().await.unwrap()).starts_with("page_delta") && content != "image" {}
        world.store.close(run.run_id);
        gate.add_permits(1);
        let (kinds, events) = collect(run).await;
        let ends = ["page_error", "error", "page_end", "end"];
        let ends: Vec<_> = kinds.iter().filter(|kind| ends.iter().any(|end| kind.starts_with(end))).collect();
        assert_eq!(ends, expected, "{kinds:?}");
        let EventBody::Error { error } = &events.last().unwrap().body else { panic!() };
        assert_eq!(error.code, ErrorCode::Aborted);
        world.settled().await;
        assert!(world.store.records().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_can_never_be_settled_is_abandoned_at_once() {
    let (world, gate) = waiting();
    world.store.refuse(Call::SettleRun, u32::MAX, ErrorCode::Internal);
    gate.add_permits(1);
    assert_eq!(collect(world.start("pdf 1", kept()).await.unwrap()).await.0.last().unwrap(), "end");
    world.settled().await;
    let tries = world.store.calls.lock().unwrap().iter().filter(|call| **call == Call::SettleRun).count();
    assert_eq!((tries, world.runs.live_runs.now()), (1, Vec::new()), "neither task nor lease goes on");
    world.clock.forward(LEASE * 2);
    sweep(&world.runs, &world.accounts, false).await;
    assert_eq!(world.store.runs()[0].status, RunStatus::Aborted, "the sweeper has a try of its own");
}

#[tokio::test]
async fn deleting_a_document_stops_what_reads_it_and_nothing_else() {
    let (world, gate) = waiting();
    let mut run = world.start("pdf 1", kept()).await.unwrap();
    let other = world.start("pdf 1", kept()).await.unwrap();
    while kind(&run.next().await.unwrap()) != "page_delta 1" {}
    documents::delete(&world.documents, &world.owner, run.document_id).await.unwrap();
    let (deleted, id) = (run.run_id, other.run_id);
    let (kinds, events) = collect(run).await;
    assert_eq!(kinds, ["error"]);
    let EventBody::Error { error } = &events[0].body else { panic!() };
    assert_eq!(error.code, ErrorCode::Aborted);
    gate.add_permits(1);
    assert_eq!(collect(other).await.0.last().unwrap(), "end");
    world.settled().await;
    let status = |run| world.store.runs().into_iter().find(|row| row.run_id == run).unwrap().status;
    assert_eq!((status(deleted), status(id)), (RunStatus::Aborted, RunStatus::Ok));
}

#[tokio::test]
async fn a_page_of_a_document_that_another_server_has_deleted_is_the_last() {
    let (say, gate) = (|| vec![Step::Say("text")], Arc::new(Semaphore::new(0)));
    let engine = FakeEngine::new([say(), vec![Step::Wait(gate.clone())], vec![Step::Wait(gate)]]);
    let world = world(engine, 1);
    let held = world.store.gate(Call::FinishPage);
    let run = world.start("pdf 3", kept()).await.unwrap();
    world.store.unseen.lock().unwrap().insert(run.document_id);
    held.open.add_permits(9);
    let (kinds, events) = collect(run).await;
    assert!(kinds.contains(&"page_end 1".to_owned()), "{kinds:?}");
    let EventBody::Error { error } = &events.last().unwrap().body else { panic!("{kinds:?}") };
    assert_eq!(error.code, ErrorCode::NotFound);
    world.settled().await;
    assert_eq!(world.store.runs()[0].status, RunStatus::Aborted);
}
