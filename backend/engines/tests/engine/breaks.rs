//! Answers that go wrong on their way, and readers that leave.

use std::time::Duration;

use futures::StreamExt;
use inkstream_core::ports::{EngineErrorKind as Kind, EngineEvent, EngineStart, ReadRequest};
use inkstream_testkit::engine::{DONE, Script};

use crate::support::{KEY, drain, failure, read, read_as, reading, reading_with, request};

fn begun() -> Script {
    Script::stream().role().delta("half ").delta("a page")
}

async fn fails_after_half(script: Script, kind: Kind) {
    let (_scripted, events) = reading(script).await;
    let page = drain(events).await;
    assert_eq!(page.text(), "half a page");
    assert_eq!(page.error.unwrap().kind, kind);
}

#[tokio::test]
async fn a_cut_connection_keeps_the_text_that_came() {
    fails_after_half(begun().cut(), Kind::Broken).await;
}

#[tokio::test]
async fn a_stream_without_an_ending_is_retried_if_possible_and_else_kept() {
    let asked = |last, resets| ReadRequest { last, resets, ..request() };
    let page = read_as("plain", asked(false, true), begun()).await;
    assert_eq!(page.error.unwrap().kind, Kind::Broken);
    for kept in [asked(false, false), asked(true, true)] {
        let page = read_as("plain", kept, begun()).await;
        assert_eq!((page.text().as_str(), page.reason()), ("half a page", None));
    }
    let page = read(begun().raw("data: {\"choices\":[{\"delta\":{\"cont")).await;
    assert_eq!((page.text().as_str(), page.reason()), ("half a page", None));
    assert_eq!(failure(Script::stream()).await.kind, Kind::Broken);
}

#[tokio::test]
async fn an_answer_that_the_engine_aborted_is_broken() {
    for reason in ["abort", "error", "cancelled", "ERROR", "network_error"] {
        fails_after_half(begun().finish(reason).done(), Kind::Broken).await;
    }
}

#[tokio::test]
async fn an_error_object_in_mid_stream_is_a_failure_in_every_shape() {
    for error in [
        r#"{"error":{"message":"CUDA out of memory","type":"InternalServerError","param":null,"code":500}}"#,
        r#"{"error":{"message":"CUDA out of memory","type":"server_error","code":"internal"}}"#,
        r#"{"error":"CUDA out of memory"}"#,
        r#"{"object":"error","message":"CUDA out of memory","type":"InternalServerError","code":500}"#,
    ] {
        fails_after_half(begun().raw(format!("data: {error}\n\n")).raw(DONE), Kind::Failed).await;
        let error = failure(Script::stream().raw(format!("data: {error}\n\n")).raw(DONE)).await;
        assert_eq!(error.detail, "The engine failed in the middle of the page.");
        assert!(error.cause.unwrap().to_string().ends_with("CUDA out of memory"));
    }
    let leak = format!("data: {{\"error\":{{\"message\":\"bad key {KEY}\"}}}}\n\n");
    assert_eq!(failure(Script::stream().raw(leak)).await.kind, Kind::Failed);
}

#[tokio::test]
async fn a_malformed_event_loses_only_its_own_text_where_the_page_cannot_be_read_again() {
    for data in [
        "{\"choices\": nonsense}",
        "[]",
        "7",
        "<html>",
        "{\"choices\":[7]}",
        "{\"choices\":[{\"delta\":{\"content\":7}}]}",
    ] {
        let script = || begun().raw(format!("data: {data}\n\n")).delta(", more").finish("stop").done();
        for (last, resets) in [(false, false), (true, true)] {
            let page = read_as("plain", ReadRequest { last, resets, ..request() }, script()).await;
            assert_eq!((page.text().as_str(), page.reason()), ("half a page, more", None), "{data}");
            let warnings = page.finish.unwrap().warnings;
            assert!(warnings.iter().any(|warning| warning.code.is_partial()), "{data}");
        }
        let page = read_as("plain", ReadRequest { resets: true, ..request() }, script()).await;
        assert_eq!((page.text().as_str(), page.error.unwrap().kind), ("half a page", Kind::Protocol), "{data}");
        let error = failure(Script::stream().raw(format!("data: {data}\n\n")).delta("more").done()).await;
        assert_eq!(error.kind, Kind::Protocol, "there is no text to keep: {data}");
    }
    assert_eq!(failure(Script::stream().raw(DONE)).await.kind, Kind::Protocol);
}

#[tokio::test]
async fn half_a_character_is_replaced_and_the_text_around_it_stays() {
    for event in [
        &b"data: {\"choices\":[{\"delta\":{\"content\":\", m\xffre\"}}]}\n\n"[..],
        br#"data: {"choices":[{"delta":{"content":", m\ud83dre"}}]}"#,
        br#"data: {"choices":[{"delta":{"content":", m\ude00re"}}],"id":"\\\ud83d"}"#,
    ] {
        let page = read(begun().raw(event).raw("\n\n").finish("stop").done()).await;
        assert_eq!((page.text().as_str(), page.reason()), ("half a page, m\u{fffd}re", Some("stop")));
    }
}

#[tokio::test]
async fn errors_never_contain_what_the_engine_sent() {
    let error = failure(Script::stream().role().raw("data: {\"choices\":\"Patient: Jane Doe\"}\n\n")).await;
    assert!(!crate::support::everything(&error).contains("Jane"));
}

#[tokio::test]
async fn a_line_without_end_is_refused_before_it_is_all_read() {
    let (scripted, events) = reading(Script::stream().raw(vec![b'a'; 64 * 1024]).repeat(160).stall()).await;
    assert_eq!(drain(events).await.error.unwrap().kind, Kind::Protocol);
    scripted.hung_up(1).await;
}

#[tokio::test]
async fn an_event_of_lines_without_end_is_refused() {
    let line = format!("data: {}\n", "a".repeat(64 * 1024));
    let (scripted, events) = reading(Script::stream().raw(line).repeat(160).stall()).await;
    assert_eq!(drain(events).await.error.unwrap().kind, Kind::Protocol);
    scripted.hung_up(1).await;
}

#[tokio::test]
async fn more_text_than_the_limit_is_refused_and_hung_up_on() {
    let script = Script::stream().role().delta("0123456789").repeat(1000).stall();
    let (scripted, events) = reading_with(script, |config| config.max_answer_bytes = 100).await;
    let page = drain(events).await;
    assert!((90..=100).contains(&page.text().len()));
    assert_eq!(page.error.unwrap().kind, Kind::Protocol);
    scripted.hung_up(1).await;
}

#[tokio::test]
async fn a_hundred_megabytes_of_text_end_at_the_limit() {
    let (sent, said) = (std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0)), 64 * 1024);
    let count = std::sync::Arc::clone(&sent);
    let script = Script::stream().make(move || {
        // Numbers that go on are no loop.
        let nth = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let text = (0..said / 8).map(|word| format!("{:07} ", nth * said + word)).collect::<Vec<_>>().concat();
        inkstream_testkit::engine::delta(&text, None)
    });
    let (scripted, events) = reading(script.repeat(1_600)).await;
    let page = drain(events).await;
    assert_eq!(page.error.unwrap().kind, Kind::Protocol);
    let limit = 8 << 20;
    assert!((limit - said..=limit).contains(&page.deltas.iter().map(String::len).sum()));
    scripted.hung_up(1).await;
    assert!(sent.load(std::sync::atomic::Ordering::Relaxed) < 800, "the rest was never sent");
}

#[tokio::test]
async fn an_engine_that_does_not_begin_times_out() {
    for script in [
        Script::text(["late"]).hold_head(),
        Script::stream().stall().delta("late"),
        Script::stream().comment("keep-alive").stall().delta("late"),
    ] {
        let (scripted, events) =
            reading_with(script, |config| config.first_token_timeout = Duration::from_millis(100)).await;
        let page = drain(events).await;
        assert_eq!((page.started, page.error.unwrap().kind), (0, Kind::Timeout));
        scripted.hung_up(1).await;
    }
}

#[tokio::test]
async fn comments_do_not_keep_a_stalled_engine_alive() {
    let noise = Script::stream().comment("keep-alive").repeat(10_000).paced(Duration::from_millis(10));
    let (scripted, events) =
        reading_with(noise, |config| config.first_token_timeout = Duration::from_millis(150)).await;
    assert_eq!(drain(events).await.error.unwrap().kind, Kind::Timeout);
    scripted.hung_up(1).await;
}

#[tokio::test]
async fn chunks_without_text_do_not_keep_a_silent_engine_alive() {
    let short = |config: &mut inkstream_engines::OpenAiConfig| {
        config.first_token_timeout = Duration::from_millis(150);
        config.read_timeout = Duration::from_millis(150);
    };
    let empty = || Script::stream().delta("").repeat(10_000).paced(Duration::from_millis(10));
    let (scripted, events) = reading_with(empty(), short).await;
    assert_eq!(drain(events).await.error.unwrap().detail, "The engine did not begin to answer in time.");
    scripted.hung_up(1).await;
    let begun = Script::stream().delta("half a page").delta("").delta("").paced(Duration::from_millis(10));
    let silent = begun.raw(": \n\n").delta("").stall();
    let (_scripted, events) = reading_with(silent, short).await;
    let page = drain(events).await;
    assert_eq!((page.text().as_str(), page.error.unwrap().kind), ("half a page", Kind::Timeout));
}

#[tokio::test]
async fn an_engine_that_stops_in_mid_stream_times_out_and_its_text_stays() {
    let (scripted, events) =
        reading_with(begun().stall(), |config| config.read_timeout = Duration::from_millis(100)).await;
    let page = drain(events).await;
    assert_eq!(page.text(), "half a page");
    assert_eq!(page.error.unwrap().kind, Kind::Timeout);
    scripted.hung_up(1).await;
}

#[tokio::test]
async fn a_slow_engine_is_waited_for_as_long_as_it_says_something() {
    // Ten chunks of 40 ms last longer than either timeout.
    let script = Script::stream().delta("x").repeat(10).finish("stop").done().paced(Duration::from_millis(40));
    let (_scripted, events) = reading_with(script, |config| {
        config.first_token_timeout = Duration::from_millis(300);
        config.read_timeout = Duration::from_millis(300);
    })
    .await;
    assert_eq!(drain(events).await.text(), "xxxxxxxxxx");
}

#[tokio::test]
async fn a_reader_that_leaves_closes_the_request_at_once() {
    let (scripted, mut events) = reading(begun().stall()).await;
    loop {
        if let EngineEvent::Text { delta, .. } = events.next().await.unwrap().unwrap()
            && delta == "a page"
        {
            break;
        }
    }
    assert_eq!(scripted.hang_ups(), 0);
    drop(events);
    scripted.hung_up(1).await;
}

#[tokio::test]
async fn a_reader_that_leaves_before_the_first_token_closes_the_request_too() {
    for script in [Script::text(["x"]).hold_head(), Script::stream().stall()] {
        let (scripted, mut events) = reading(script).await;
        tokio::select! {
            event = events.next() => panic!("{event:?}"),
            () = scripted.requested(1) => {}
        }
        drop(events);
        scripted.hung_up(1).await;
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_the_engine_instead_of_filling_memory() {
    let (sent, mut sending) = tokio::sync::watch::channel(0_usize);
    let script = Script::stream()
        .make(move || {
            sent.send_modify(|count| *count += 1);
            // Never the same text, for that would be cut as a repetition.
            inkstream_testkit::engine::delta(&format!("{} ", *sent.borrow()).repeat(1000), None)
        })
        .repeat(100_000);
    let (scripted, mut events) = reading(script).await;
    assert_eq!(events.next().await.unwrap().unwrap(), EngineEvent::Started(EngineStart::default()));
    // The engine is held back once nothing more has been sent for a while; 100,000 chunks would be 800 MB.
    while tokio::time::timeout(Duration::from_millis(300), sending.changed()).await.is_ok() {}
    assert!(*sending.borrow() < 5_000, "{} chunks were taken from the engine", *sending.borrow());
    drop(events);
    scripted.hung_up(1).await;
}
