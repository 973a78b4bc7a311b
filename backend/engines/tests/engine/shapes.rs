//! Answers in the shapes that servers give them, other than vLLM's.

use inkstream_core::ports::{EngineErrorKind as Kind, ReadRequest};
use inkstream_testkit::engine::{DONE, Script, UsageStyle};
use serde_json::{Value, json};

use crate::support::{Page, failure, read, read_as, request};

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// A stream of these events, and `[DONE]`.
fn events(data: impl IntoIterator<Item = Value>) -> Script {
    data.into_iter().fold(Script::stream(), |script, data| script.raw(event(&data))).raw(DONE)
}

fn stopped(page: &Page) -> (String, Option<&str>) {
    (page.text(), page.reason())
}

#[tokio::test]
async fn what_holds_no_text_may_be_null_missing_or_of_another_kind() {
    for oddity in [
        json!(null),
        json!({}),
        json!({"choices": null}),
        json!({"choices": []}),
        json!({"choices": [null]}),
        json!({"choices": [{}]}),
        json!({"choices": [{"delta": null, "finish_reason": null}]}),
        json!({"choices": [{"delta": {}, "finish_reason": ""}]}),
        json!({"choices": [{"delta": {"content": null, "reasoning_content": "hm", "tool_calls": []}}], "usage": null}),
        json!({"choices": [{"delta": {"content": []}, "index": null}], "usage": [], "error": {}}),
        json!({"choices": [], "usage": "n/a", "object": null, "message": null, "detail": null}),
    ] {
        let script =
            Script::stream().role().delta("one ").raw(event(&oddity)).delta("two").finish("stop").raw(": \n\n");
        let page = read(script.raw("data:\n\n").raw("data: \r\n\r\n").raw(event(&oddity)).done()).await;
        assert_eq!(stopped(&page), ("one two".to_owned(), Some("stop")), "{oddity}");
    }
}

#[tokio::test]
async fn text_is_found_in_every_field_and_emitted_once() {
    let text = |part: &str| json!([{"type": "text", "text": part}]);
    for (script, what) in [
        (
            events([
                json!({"choices": [{"delta": {"content": text("in")}}]}),
                json!({"choices": [{"delta": {"content": text("k")}, "finish_reason": "stop"}]}),
            ]),
            "parts",
        ),
        (
            events([
                json!({"choices": [{"message": {"role": "assistant", "content": "in"}}]}),
                json!({"choices": [{"message": {"content": "k"}, "finish_reason": "stop"}]}),
            ]),
            "messages",
        ),
        (
            events([
                json!({"choices": [{"message": {"content": "i"}}]}),
                json!({"choices": [{"message": {"content": "nk"}}]}),
                json!({"choices": [{"message": {"content": "ink"}, "finish_reason": "stop"}]}),
            ]),
            "messages, and all of them at the end",
        ),
        (
            events([
                json!({"choices": [{"delta": {"content": "in"}, "text": "in"}]}),
                json!({"choices": [{"delta": {"content": "k"}, "text": "k"}]}),
                json!({"choices": [{"message": {"content": "ink"}, "finish_reason": "stop"}]}),
            ]),
            "deltas with their text beside them, and the message at the end",
        ),
        (
            events([
                json!({"choices": [{"text": "in", "index": 0}]}),
                json!({"choices": [{"text": "k", "finish_reason": "stop"}]}),
            ]),
            "completions",
        ),
    ] {
        assert_eq!(stopped(&read(script).await), ("ink".to_owned(), Some("stop")), "{what}");
    }
}

#[tokio::test]
async fn of_several_choices_the_first_one_is_read() {
    let choice = |index: u64, text: &str| json!({"index": index, "delta": {"content": text}, "finish_reason": null});
    let end = |index: u64, reason: &str| json!({"index": index, "delta": {}, "finish_reason": reason});
    for (chunks, what) in [
        (vec![json!([choice(0, "in"), choice(1, "wa")]), json!([choice(1, "ter"), choice(0, "k")])], "in one chunk"),
        (vec![json!([choice(0, "in")]), json!([choice(1, "water")]), json!([choice(0, "k")])], "in turn"),
        (vec![json!([{"delta": {"content": "ink"}}, {"delta": {"content": "water"}}])], "without an index"),
        (vec![json!([choice(7, "in")]), json!([choice(7, "k")])], "numbered in another way"),
    ] {
        let index = chunks[0][0]["index"].as_u64().unwrap_or(0);
        let ends = [json!([end(9, "length")]), json!([end(index, "stop")])];
        let script = events(chunks.into_iter().chain(ends).map(|choices| json!({"choices": choices})));
        assert_eq!(stopped(&read(script).await), ("ink".to_owned(), Some("stop")), "{what}");
    }
}

#[tokio::test]
async fn a_whole_answer_is_read_like_a_stream_whatever_it_is_called() {
    let whole = json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
        "message": {"role": "assistant", "content": "# Ink\n\ndry", "refusal": null}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 70, "completion_tokens": 4, "total_tokens": 74}});
    let pretty = serde_json::to_string_pretty(&whole).unwrap();
    for kind in ["application/json", "text/event-stream", "text/plain"] {
        for body in [whole.to_string(), format!("\n \u{feff}{pretty}\r\n").replace("\n \u{feff}", "\n")] {
            let page = read(Script::other(200, kind, body).in_pieces_of(7)).await;
            assert_eq!(stopped(&page), ("# Ink\n\ndry".to_owned(), Some("length")), "{kind}");
            assert_eq!((page.usage[0].prompt_tokens, page.usage[0].completion_tokens), (70, 4));
        }
    }
    let silent = json!({"choices": [{"message": {"content": "ink"}, "finish_reason": null}]});
    let page = read(Script::other(200, "application/json", silent.to_string())).await;
    assert_eq!(stopped(&page), ("ink".to_owned(), None));
    let cut = &whole.to_string()[..90];
    assert_eq!(failure(Script::other(200, "application/json", cut.to_owned())).await.kind, Kind::Broken);
    let error = json!({"error": {"message": "overloaded"}});
    assert_eq!(failure(Script::other(200, "application/json", error.to_string())).await.kind, Kind::Failed);
}

#[tokio::test]
async fn a_stream_that_is_called_something_else_is_read_all_the_same() {
    for kind in ["text/plain", "application/octet-stream", "application/json"] {
        let stream =
            "data: {\"choices\":[{\"delta\":{\"content\":\"ink\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        for stream in [stream.to_owned(), format!("\u{feff}{stream}")] {
            let page = read(Script::other(200, kind, stream)).await;
            assert_eq!(stopped(&page), ("ink".to_owned(), Some("stop")), "{kind}");
        }
    }
}

#[tokio::test]
async fn finish_reasons_are_normalized_to_openais_and_unknown_ones_are_passed_on() {
    for (word, reason) in [
        ("content_filter", "content_filter"),
        ("SAFETY", "content_filter"),
        ("recitation", "content_filter"),
        ("max_tokens", "length"),
        ("MAX_OUTPUT_TOKENS", "length"),
        ("model_length", "length"),
        ("eos", "stop"),
        ("end_turn", "stop"),
        ("tool_calls", "tool_calls"),
        ("because", "because"),
    ] {
        let page = read(Script::stream().role().delta("half").finish(word).done()).await;
        assert_eq!(stopped(&page), ("half".to_owned(), Some(reason)));
    }
    // A `stop` behind it takes nothing back.
    let page = read(Script::stream().role().delta("half").finish("length").finish("stop").done()).await;
    assert_eq!(page.reason(), Some("length"));
    let refusal = event(&json!({"choices": [{"delta": {"refusal": "I cannot."}}]}));
    let page = read(Script::stream().role().delta("half").raw(refusal.clone()).finish("stop").done()).await;
    assert_eq!(stopped(&page), ("half".to_owned(), Some("content_filter")));
    let last = ReadRequest { last: true, ..request() };
    let page = read_as("plain", last, Script::stream().role().raw(refusal).finish("stop").done()).await;
    assert_eq!(page.error.unwrap().detail, "The engine's provider withheld the page's text.");
}

#[tokio::test]
async fn an_error_is_recognized_without_its_usual_framing() {
    for error in [
        json!({"message": "overloaded", "type": "server_error", "code": 500}),
        json!({"detail": "overloaded"}),
        json!({"choices": [], "error": "overloaded"}),
    ] {
        let script = Script::stream().usage(UsageStyle::Absent).role().raw(event(&error)).raw(DONE);
        assert_eq!(failure(script).await.kind, Kind::Failed, "{error}");
    }
}
