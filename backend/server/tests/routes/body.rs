//! Bodies that arrive too slowly, on a paused clock.

use std::{convert::Infallible, time::Duration};

use axum::body::Body;
use futures::{Stream, StreamExt, stream};
use inkstream_wire::ErrorCode;
use serde_json::json;

use crate::{
    fakes::IMAGE,
    harness::{Site, file, form},
};

/// Yields the chunks one by one, each after a pause.
fn dripping(chunks: Vec<Vec<u8>>, pause: Duration) -> impl Stream<Item = Result<Vec<u8>, Infallible>> + Send {
    stream::iter(chunks).then(move |chunk| async move {
        tokio::time::sleep(pause).await;
        Ok(chunk)
    })
}

fn single_bytes() -> Vec<Vec<u8>> {
    form(&[file("a.png", IMAGE)]).into_iter().map(|byte| vec![byte]).collect()
}

/// Pauses the clock after the site is set up, because its database waits in real time.
async fn site_with_stopped_clock() -> Site {
    let site = Site::new().await;
    tokio::time::pause();
    site
}

#[tokio::test]
async fn a_body_of_a_byte_per_second_is_408() {
    let site = site_with_stopped_clock().await;
    let body = Body::from_stream(dripping(single_bytes(), Duration::from_secs(1)));
    let begun = tokio::time::Instant::now();
    site.post("/api/ocr/image").form_body(body).send().await.is_problem(ErrorCode::BodyTimeout);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_body_that_stalls_is_408() {
    let site = site_with_stopped_clock().await;
    let half = form(&[file("a.png", IMAGE)])[..20].to_vec();
    let body = Body::from_stream(stream::iter([Ok::<_, Infallible>(half)]).chain(stream::pending()));
    site.post("/api/ocr/image").form_body(body).send().await.is_problem(ErrorCode::BodyTimeout);
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn a_json_body_has_the_same_timeouts() {
    let site = site_with_stopped_clock().await;
    let body = json!({"text": "slow"}).to_string().into_bytes().into_iter().map(|byte| vec![byte]).collect();
    let ask = site
        .ask(http::Method::PATCH, "/api/documents/7f1bd7ee-51b6-4d5c-8a51-5e1b0e4f8f8e/pages/1")
        .header("content-type", "application/json")
        .body(Body::from_stream(dripping(body, Duration::from_secs(5))));
    ask.send().await.is_problem(ErrorCode::BodyTimeout);
}
