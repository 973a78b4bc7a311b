//! Streamed answers.

use futures::StreamExt as _;
use inkstream_wire::{ChatChunk, ChatError, FinishReason, RunStatus, UsageEvent};
use serde_json::{Value, json};

use super::{PAGE, image, request};
use crate::{
    fakes::{IMAGE, PDF, Script},
    harness::{Answer, Plan, Site},
};

fn streamed(parts: &[Value]) -> Value {
    let mut asked = request(parts);
    asked["stream"] = true.into();
    asked
}

/// The events' data.
fn data(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().lines().filter_map(|line| line.strip_prefix("data: ").map(str::to_owned)).collect()
}

/// The chunks before `[DONE]`.
pub(super) fn chunks(answer: &Answer) -> Vec<ChatChunk> {
    let data = data(answer);
    let (done, chunks) = data.split_last().unwrap();
    assert_eq!(done, "[DONE]");
    chunks.iter().map(|chunk| serde_json::from_str(chunk).unwrap()).collect()
}

fn content(chunks: &[ChatChunk]) -> String {
    let choices = chunks.iter().flat_map(|chunk| &chunk.choices);
    choices.filter_map(|choice| choice.delta.content.as_deref()).collect()
}

#[tokio::test]
async fn a_stream_is_a_role_deltas_a_finish_and_done() {
    let site = Site::new().await;
    let answer = site.chat(&streamed(&[image(IMAGE)])).send().await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.header("x-accel-buffering"), "no");
    assert!(answer.header("cache-control").contains("no-store"));
    let chunks = chunks(&answer);
    assert!(chunks.iter().all(|chunk| chunk.id == chunks[0].id && chunk.object == "chat.completion.chunk"));
    assert!(chunks[0].id.starts_with("chatcmpl-") && chunks.iter().all(|chunk| chunk.model == "fake"));
    assert_eq!(chunks[0].choices[0].delta.role.as_deref(), Some("assistant"));
    assert_eq!(content(&chunks), PAGE);
    let reasons: Vec<_> = chunks.iter().map(|chunk| chunk.choices[0].finish_reason).collect();
    assert_eq!(reasons, [None, None, None, Some(FinishReason::Stop)]);
    assert!(chunks.iter().all(|chunk| chunk.usage.is_none() && chunk.boxes.is_none()));
}

#[tokio::test]
async fn requested_usage_comes_last_without_choices() {
    let site = Site::new().await;
    let mut asked = streamed(&[image(PDF), image(IMAGE)]);
    asked["stream_options"] = json!({"include_usage": true});
    asked["boxes"] = true.into();
    let chunks = chunks(&site.chat(&asked).send().await);
    assert_eq!(content(&chunks), [PAGE; 4].join("\n"));
    let [.., finish, last] = &chunks[..] else { panic!("{chunks:?}") };
    assert_eq!((last.choices.len(), last.usage.unwrap().total_tokens), (0, 44));
    assert_eq!(finish.boxes.as_ref().unwrap().pages.len(), 4);
}

#[tokio::test]
async fn a_failure_during_a_stream_is_an_error_and_done() {
    let site = Site::new().await;
    let answer = site.chat(&streamed(&[image(IMAGE), image(b"<html>")])).send().await;
    let data = data(&answer);
    let [.., error, done] = &data[..] else { panic!("{data:?}") };
    let ChatError { error } = serde_json::from_str(error).unwrap();
    assert_eq!((error.code.as_deref(), done.as_str()), (Some("unsupported_media_type"), "[DONE]"));
    assert!(error.message.starts_with("Image 2: "), "{}", error.message);
    assert!(answer.text().contains("second line"));
    site.settled().await;
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_engine_ends_the_stream_with_an_error_that_reveals_no_secrets() {
    let site = Site::with(Plan { script: Script::Refuse, ..Plan::default() }).await;
    let answer = site.chat(&streamed(&[image(PDF)])).send().await;
    let data = data(&answer);
    let [_, error, _] = &data[..] else { panic!("{data:?}") };
    let ChatError { error } = serde_json::from_str(error).unwrap();
    assert_eq!((error.kind.as_str(), error.code.as_deref()), ("server_error", Some("engine_failed")));
    assert!(!answer.text().contains("secret"));
}

#[tokio::test]
async fn disconnecting_cancels_the_run_and_deletes_the_files_that_wait() {
    let site = Site::with(Plan { lines: 1, ..Plan::default() }).await;
    let answer = site.chat(&streamed(&[image(IMAGE), image(IMAGE)])).stream().await;
    let mut body = answer.into_body().into_data_stream();
    loop {
        let event = body.next().await.expect("the stream ends too early").unwrap();
        if String::from_utf8_lossy(&event).contains("first line") {
            break;
        }
    }
    drop(body);
    site.engine.drops.acquire().await.unwrap().forget();
    site.settled().await;
    assert!(site.blobs().is_empty());
    let rows: Vec<UsageEvent> = site.get("/api/users/me/usage").send().await.json();
    assert_eq!((rows.len(), rows[0].status, rows[0].completion_chars), (1, RunStatus::Aborted, 11));
}
