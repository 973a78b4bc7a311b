//! A full server refuses before it reads the upload.

use futures::StreamExt;
use inkstream_core::runs::QueueLimits;
use inkstream_wire::ErrorCode;
use uuid::Uuid;

use crate::{
    fakes::IMAGE,
    harness::{Plan, Site, file},
};

async fn full(queue: QueueLimits, per_client: (usize, usize)) -> (Site, axum::body::BodyDataStream) {
    let site = Site::with(Plan { lines: 0, queue, per_client, ..Plan::default() }).await;
    let running = site.post("/api/ocr/image").session(Uuid::from_u128(1)).form(&[file("a.png", IMAGE)]).stream().await;
    let mut body = running.into_body().into_data_stream();
    body.next().await.unwrap().unwrap();
    (site, body)
}

#[tokio::test]
async fn a_full_queue_is_503_with_retry_after() {
    let limits = QueueLimits { max_runs: 1, queue_max: 0 };
    let (site, running) = full(limits, (1, 0)).await;
    let answer = site.post("/api/ocr/image").session(Uuid::from_u128(2)).form(&[file("a.png", IMAGE)]).send().await;
    answer.is_problem(ErrorCode::Unavailable);
    assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
    drop(running);
}

#[tokio::test]
async fn a_client_with_too_many_runs_is_429_and_others_are_not() {
    let limits = QueueLimits { max_runs: 2, queue_max: 8 };
    let (site, running) = full(limits, (1, 0)).await;
    let again = site.post("/api/ocr/image").session(Uuid::from_u128(1)).form(&[file("a.png", IMAGE)]).send().await;
    again.is_problem(ErrorCode::TooManyRequests);
    assert!(!again.header("retry-after").is_empty());
    let other = site.post("/api/ocr/image").session(Uuid::from_u128(2)).form(&[file("a.png", IMAGE)]).stream().await;
    assert_eq!(other.status(), 200);
    drop((running, other));
}

#[tokio::test]
async fn a_queued_run_reports_its_queue_position() {
    let limits = QueueLimits { max_runs: 1, queue_max: 8 };
    let (site, running) = full(limits, (1, 8)).await;
    let second = site.post("/api/ocr/image").session(Uuid::from_u128(2)).form(&[file("a.png", IMAGE)]).stream().await;
    let mut lines = second.into_body().into_data_stream();
    let first = lines.next().await.unwrap().unwrap();
    assert!(first.starts_with(br#"{"type":"queued","ahead":"#), "{first:?}");
    drop((running, lines));
}
