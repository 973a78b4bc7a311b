//! Answers that arrive whole.

use futures::StreamExt as _;
use inkstream_core::ports::{EngineErrorKind as Kind, EngineEvent, EngineStart, ReadRequest, TokenUsage};
use inkstream_testkit::engine::{DONE, Script, UsageStyle, delta, last_usage, role};

use crate::support::{drain, read, read_as, reading, request};

const fn tokens(prompt_tokens: u64, completion_tokens: u64) -> TokenUsage {
    TokenUsage { prompt_tokens, completion_tokens }
}

#[tokio::test]
async fn a_vllm_stream_gives_deltas_with_continuous_usage() {
    let page = read(Script::recorded("vllm")).await;
    assert_eq!(page.deltas, ["# Übersicht", "\n\n", "你好, \"wörld\" 😀"]);
    assert_eq!(page.started, 1);
    assert_eq!(page.usage, [tokens(1377, 0), tokens(1377, 3), tokens(1377, 4), tokens(1377, 10), tokens(1377, 11)]);
    assert_eq!(page.reason(), Some("stop"));
}

#[tokio::test]
async fn usage_of_the_last_chunk_alone_is_enough() {
    let page = read(Script::text_with(UsageStyle::Last, ["a", "b", "c"])).await;
    assert_eq!(page.usage, [tokens(1000, 3)]);
    assert_eq!(page.text(), "abc");
}

#[tokio::test]
async fn no_usage_is_reported_for_a_server_without_usage() {
    let page = read(Script::text_with(UsageStyle::Absent, ["a", "b"])).await;
    assert_eq!(page.usage, []);
    assert_eq!((page.text().as_str(), page.reason()), ("ab", Some("stop")));
}

#[tokio::test]
async fn an_answer_cut_at_the_token_limit_says_length() {
    let page = read(Script::stream().role().delta("half a wor").finish("length").done()).await;
    assert_eq!(page.reason(), Some("length"));
}

#[tokio::test]
async fn bytes_split_anywhere_lose_and_double_nothing() {
    let texts = ["naïve ", "日本語", "🧾🧾", " \n\t", "end"];
    for length in [1, 2, 3, 7, 64, 1000] {
        let page = read(Script::text(texts).in_pieces_of(length)).await;
        assert_eq!(page.deltas, texts, "frames of {length} bytes");
        let page = read(Script::text(texts).crlf().in_pieces_of(length)).await;
        assert_eq!(page.deltas, texts, "frames of {length} bytes with CR LF");
    }
}

#[tokio::test]
async fn comments_other_fields_and_data_over_several_lines_are_understood() {
    let script = Script::stream()
        .comment("keep-alive")
        .raw("event: message\nid: 7\nretry: 10\ndata:{\"choices\":\ndata: [{\"delta\":{\"content\":\"one\"}}]}\n\n")
        .comment("OPENROUTER PROCESSING")
        .delta("two")
        .finish("stop")
        .done();
    assert_eq!(read(script).await.deltas, ["one", "two"]);
}

#[tokio::test]
async fn a_stream_may_end_with_a_reason_and_without_done() {
    let page = read(Script::stream().role().delta("all").finish("stop")).await;
    assert_eq!((page.text().as_str(), page.reason()), ("all", Some("stop")));
}

#[tokio::test]
async fn a_stream_may_end_with_done_and_without_a_reason() {
    let page = read(Script::stream().role().delta("all").raw(DONE)).await;
    assert_eq!((page.text().as_str(), page.reason()), ("all", None));
    let page = read(Script::stream().role().delta("all").raw("data: [DONE]")).await;
    assert_eq!(page.text(), "all", "the last blank line may be missing");
}

#[tokio::test]
async fn a_connection_cut_after_the_finish_reason_loses_no_text() {
    let page = read(Script::stream().role().delta("all").finish("stop").cut()).await;
    assert_eq!((page.text().as_str(), page.reason()), ("all", Some("stop")));
}

#[tokio::test]
async fn an_empty_answer_is_invalid_except_in_the_last_attempt() {
    for blank in [vec![], vec![" ", "\n\n"]] {
        let last = |last| ReadRequest { last, ..request() };
        let page = read_as("plain", last(false), Script::text(blank.clone())).await;
        assert_eq!((page.started, page.error.unwrap().kind), (0, Kind::Invalid));
        let page = read_as("plain", last(true), Script::text(blank.clone())).await;
        assert_eq!((page.text().as_str(), page.started, page.reason()), ("", 1, Some("stop")));
        let cut = Script::stream().role().deltas(blank).finish("length").done();
        let page = read_as("plain", last(true), cut).await;
        assert_eq!(page.error.unwrap().detail, "The engine reached its limit before any text came.");
    }
}

#[tokio::test]
async fn leading_white_space_is_sent_with_the_first_text() {
    let page = read(Script::text([" ", "\n ", "a", " "])).await;
    assert_eq!(page.deltas, [" \n a", " "]);
    assert_eq!(page.usage.len(), 5, "the tokens of what is held back are told all the same");
}

#[tokio::test]
async fn nothing_that_follows_done_is_read() {
    let page = read(Script::stream().role().delta("all").finish("stop").done().delta(" and more")).await;
    assert_eq!(page.text(), "all");
}

#[tokio::test]
async fn the_page_is_started_by_the_first_text_and_not_by_the_role() {
    let (scripted, mut events) =
        reading(Script::stream().role().delta(" ").stall().delta("x").finish("stop").done()).await;
    for _ in 0..2 {
        assert!(matches!(events.next().await.unwrap().unwrap(), EngineEvent::Usage(_)));
    }
    scripted.release();
    assert_eq!(events.next().await.unwrap().unwrap(), EngineEvent::Started(EngineStart::default()));
    assert!(matches!(events.next().await.unwrap().unwrap(), EngineEvent::Text { delta, .. } if delta == " x"));
}

#[tokio::test]
async fn a_connection_serves_page_after_page() {
    use inkstream_core::ports::Engine as _;
    let scripted = inkstream_testkit::engine::ScriptedEngine::start(Script::text(["x"])).await.unwrap();
    let engine = inkstream_engines::OpenAiEngine::new(crate::support::config(scripted.base_url())).unwrap();
    for _ in 0..20 {
        let page = drain(engine.read(crate::support::image(), crate::support::request())).await;
        assert_eq!(page.text(), "x");
    }
    assert_eq!(scripted.requests().len(), 20);
    assert!(scripted.connections() < 5, "{} connections for 20 pages", scripted.connections());
    assert_eq!(scripted.hang_ups(), 0);
}

#[tokio::test]
async fn unknown_fields_nulls_and_empty_choices_are_no_error() {
    let script = Script::stream()
        .raw("data: {\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]}\n\n")
        .raw("data: {\"choices\":[{\"delta\":{\"content\":null,\"reasoning_content\":\"hm\"},\"finish_reason\":null}],\"error\":null,\"usage\":null}\n\n")
        .raw(role(None))
        .raw(delta("text", None))
        .raw(last_usage(inkstream_testkit::engine::Tokens { prompt: 5, completion: 1 }))
        .finish("stop")
        .raw(DONE);
    let page = read(script).await;
    assert_eq!(page.deltas, ["text"]);
    assert_eq!(page.usage.first(), Some(&tokens(5, 1)));
}

#[tokio::test]
async fn implausible_token_counts_do_not_fail_the_page() {
    for wrong in ["1.5", "-5", "\"many\"", "null", "18446744073709551615"] {
        let usage =
            format!("data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":{wrong},\"completion_tokens\":7}}}}\n\n");
        let page =
            read(Script::stream().usage(UsageStyle::Absent).role().delta("ink").finish("stop").raw(usage).raw(DONE))
                .await;
        let told = page.usage.last().map(|usage| (usage.prompt_tokens, usage.completion_tokens));
        assert_eq!((page.text().as_str(), told), ("ink", Some((0, 7))), "{wrong}");
    }
}

#[tokio::test]
async fn control_characters_are_removed_from_the_text() {
    assert_eq!(read(Script::text(["in\u{1b}[2Jk\u{0}\r\n\tdry\u{9b}"])).await.text(), "in[2Jk\n\tdry");
}
