//! Token limits of an answer, and parameters that cannot be honoured.

use inkstream_wire::{ChatChunk, ChatCompletion, FinishReason, RunStatus, UsageEvent};
use serde_json::{Value, json};

use super::{PAGE, image, request, streams::chunks};
use crate::{
    fakes::{IMAGE, PDF, Script},
    harness::{Plan, Site},
};

fn bounded(parts: &[Value], max_tokens: u64) -> Value {
    let mut asked = request(parts);
    asked["max_tokens"] = max_tokens.into();
    asked
}

async fn answer(site: &Site, asked: &Value) -> (String, FinishReason, u64) {
    let answer = site.chat(asked).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let ChatCompletion { mut choices, usage, .. } = answer.json();
    let choice = choices.remove(0);
    (choice.message.content, choice.finish_reason, usage.completion_tokens)
}

async fn rows(site: &Site) -> Vec<(RunStatus, u32)> {
    site.settled().await;
    let rows: Vec<UsageEvent> = site.get("/api/users/me/usage").send().await.json();
    rows.iter().map(|row| (row.status, row.pages)).collect()
}

#[tokio::test]
async fn an_answer_ends_at_its_token_limit_with_length() {
    // Four characters count as a token, because the engine reports none within the stream.
    for name in ["max_tokens", "max_completion_tokens"] {
        let site = Site::new().await;
        let mut asked = request(&[image(IMAGE)]);
        asked[name] = 3.into();
        assert_eq!(answer(&site, &asked).await, ("first line\ns".to_owned(), FinishReason::Length, 3), "{name}");
        assert_eq!(rows(&site).await, [(RunStatus::Partial, 1)]);
        assert!(site.blobs().is_empty());
    }
}

#[tokio::test]
async fn a_token_limit_that_is_not_reached_changes_nothing() {
    let site = Site::new().await;
    assert_eq!(answer(&site, &bounded(&[image(IMAGE)], 6)).await, (PAGE.to_owned(), FinishReason::Stop, 4));
    assert_eq!(answer(&site, &bounded(&[image(IMAGE)], 100_000_000)).await.1, FinishReason::Stop);
}

#[tokio::test]
async fn an_endless_engine_is_stopped_at_the_token_limit() {
    let site = Site::with(Plan { script: Script::Endless, ..Plan::default() }).await;
    let (text, reason, tokens) = answer(&site, &bounded(&[image(IMAGE)], 50)).await;
    assert_eq!((text.len(), reason, tokens), (200, FinishReason::Length, 50));
    site.engine.drops.acquire().await.unwrap().forget();
}

#[tokio::test]
async fn the_token_limit_is_that_of_the_whole_answer_and_later_images_are_not_read() {
    let site = Site::new().await;
    let images = [image(IMAGE), image(IMAGE), image(IMAGE)];
    // The engine reports four tokens per image.
    let (text, reason, tokens) = answer(&site, &bounded(&images, 6)).await;
    assert_eq!((text.as_str(), reason, tokens), ("first line\nsecond line\n\nfirst li", FinishReason::Length, 6));
    assert_eq!(site.engine.asked(), 2);
    let (text, reason, _) = answer(&site, &bounded(&images, 4)).await;
    assert_eq!((text.as_str(), reason, site.engine.asked()), ("first line\nsecon", FinishReason::Length, 3));
    site.settled().await;
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn pages_after_the_token_limit_are_neither_read_nor_counted() {
    let site = Site::new().await;
    let mut asked = bounded(&[image(PDF)], 6);
    asked["boxes"] = true.into();
    let whole: ChatCompletion = site.chat(&asked).send().await.json();
    assert_eq!(whole.choices[0].message.content, "first line\nsecond line\n\nfirst li");
    assert_eq!((whole.choices[0].finish_reason, whole.usage.completion_tokens), (FinishReason::Length, 6));
    assert_eq!(whole.boxes.unwrap().pages.iter().map(|page| page.page).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(site.engine.asked(), 2);
    assert_eq!(rows(&site).await, [(RunStatus::Partial, 2)]);
}

#[tokio::test]
async fn a_stream_ends_at_its_token_limit_too() {
    let site = Site::new().await;
    let mut asked = bounded(&[image(PDF), image(IMAGE)], 7);
    asked["stream"] = true.into();
    asked["stream_options"] = json!({"include_usage": true});
    let chunks: Vec<ChatChunk> = chunks(&site.chat(&asked).send().await);
    let text: String =
        chunks.iter().flat_map(|chunk| &chunk.choices).filter_map(|it| it.delta.content.clone()).collect();
    assert_eq!(text, "first line\nsecond line\n\nfirst line\ns");
    let [.., finish, usage] = &chunks[..] else { panic!("{chunks:?}") };
    assert_eq!(finish.choices[0].finish_reason, Some(FinishReason::Length));
    assert_eq!(usage.usage.unwrap().completion_tokens, 7);
    assert_eq!(site.engine.asked(), 2);
}

#[tokio::test]
async fn an_unsupported_parameter_is_a_400_that_names_it_and_nothing_is_read() {
    let site = Site::new().await;
    for (name, value) in [
        ("n", json!(2)),
        ("n", json!(1e9)),
        ("max_tokens", json!(0)),
        ("max_tokens", json!(-1)),
        ("max_completion_tokens", json!(0.5)),
        ("max_tokens", json!(1e30)),
        ("stop", json!(["END"])),
        ("response_format", json!({"type": "json_schema"})),
        ("tools", json!([{"type": "function", "function": {"name": "f"}}])),
        ("tool_choice", json!("required")),
        ("functions", json!([{"name": "f"}])),
        ("logprobs", json!(true)),
        ("audio", json!({"voice": "alloy"})),
        ("modalities", json!(["text", "audio"])),
    ] {
        for streamed in [false, true] {
            let mut asked = request(&[image(IMAGE)]);
            asked[name] = value.clone();
            asked["stream"] = streamed.into();
            let error = site.chat(&asked).send().await.is_openai_error(400, "invalid_option");
            assert_eq!((error.kind.as_str(), error.param.as_deref()), ("invalid_request_error", Some(name)), "{value}");
            assert!(error.message.contains(name), "{}", error.message);
        }
    }
    site.settled().await;
    assert!(site.engine.asked() == 0 && site.blobs().is_empty());
}

#[tokio::test]
async fn no_op_parameters_are_accepted() {
    let site = Site::new().await;
    let mut asked = request(&[image(IMAGE)]);
    let more = json!({"n": 1, "response_format": {"type": "text"}, "tools": [], "tool_choice": "none", "stop": null,
        "modalities": ["text"], "logprobs": false, "max_tokens": null, "temperature": 0, "top_p": 1, "seed": 7, "user": "u",
        "metadata": {}, "store": false, "presence_penalty": 0, "parallel_tool_calls": true, "something_new": [1]});
    asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert_eq!(answer(&site, &asked).await.1, FinishReason::Stop);
}
