//! Answers that are an error from the start.

use std::time::Duration;

use inkstream_core::ports::{Engine, EngineErrorKind as Kind};
use inkstream_engines::OpenAiEngine;
use inkstream_testkit::engine::{Script, ScriptedEngine};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{KEY, config, drain, everything, failure, image, request};

#[tokio::test]
async fn a_status_becomes_its_kind() {
    for (status, kind, detail) in [
        (400, Kind::Refused, "The engine refuses the request."),
        (401, Kind::Refused, "The engine refuses our key."),
        (403, Kind::Refused, "The engine refuses our key."),
        (404, Kind::Refused, "The engine does not have this model."),
        (413, Kind::Refused, "The page's image is too large for the engine."),
        (422, Kind::Refused, "The engine refuses the request."),
        (408, Kind::Timeout, "The engine waited too long for the request."),
        (429, Kind::Limited, "The engine takes no more requests for now."),
        (503, Kind::Busy, "The engine is busy."),
        (500, Kind::Failed, "The engine failed."),
        (502, Kind::Failed, "The engine failed."),
        (504, Kind::Failed, "The engine failed."),
        (204, Kind::Protocol, "The engine's answer cannot be understood."),
    ] {
        let error = failure(Script::error(status, &json!({"error": {"message": "no", "code": status}}))).await;
        assert_eq!((error.kind, error.detail.as_str()), (kind, detail), "{status}");
        assert_eq!(error.retry_after, None);
    }
}

#[tokio::test]
async fn an_error_keeps_the_engines_words_for_the_log_in_every_shape() {
    let shapes: [Value; 6] = [
        json!({"error": {"message": "context is 8192", "type": "BadRequestError", "param": null, "code": 400}}),
        json!({"error": {"message": "context is 8192", "type": "x", "code": "context_length_exceeded"}}),
        json!({"object": "error", "message": "context is 8192", "type": "BadRequestError", "code": 400}),
        json!({"error": "context is 8192"}),
        json!({"detail": "context is 8192"}),
        json!("context is 8192"),
    ];
    for shape in shapes {
        let error = failure(Script::error(400, &shape)).await;
        assert_eq!(error.kind, Kind::Refused);
        assert!(!error.detail.contains("8192"));
        assert!(error.cause.unwrap().to_string().contains("400 Bad Request: context is 8192"), "{shape}");
    }
    let error = failure(Script::error(400, &json!({"error": {"message": "a\nb"}}))).await;
    assert_eq!(error.cause.unwrap().to_string(), "the engine answered 400 Bad Request: a b");
}

#[tokio::test]
async fn a_body_that_may_hold_the_page_is_not_logged() {
    let item = json!({"loc": ["body", "messages", 0], "msg": "Field required", "input": {"text": "Jane Doe"}});
    for script in [
        Script::other(502, "text/html", "<h1>Jane Doe</h1>"),
        Script::other(500, "text/plain", "Jane Doe"),
        Script::error(400, &json!({"error": {"text": "Jane Doe"}})),
        Script::error(400, &json!(["Jane Doe"])),
        Script::error(400, &json!({"error": {"message": "wrong: 'input': {'text': 'Jane Doe'}"}})),
        Script::error(422, &json!({"detail": [item]})),
        Script::stream().raw("data: {\"error\": {\"text\": \"Jane Doe\"}}\n\n"),
    ] {
        let text = everything(&failure(script).await);
        assert!(!text.contains("Jane"), "{text}");
    }
    let error = failure(Script::error(422, &json!({"detail": [item]}))).await;
    assert!(error.cause.unwrap().to_string().ends_with("body.messages.0: Field required"));
}

#[tokio::test]
async fn keys_of_others_are_masked_like_our_own() {
    for message in
        ["Incorrect API key provided: sk-other-0123456789", "bad header: Authorization: Bearer other.0123456789"]
    {
        let error = failure(Script::error(401, &json!({"error": {"message": message}}))).await;
        let cause = error.cause.unwrap().to_string();
        assert!(cause.contains("[key]") && !cause.contains("0123456789"), "{cause}");
    }
}

#[tokio::test]
async fn a_refusal_that_no_other_attempt_can_change_is_no_passing_state() {
    for (status, code, detail) in [
        (429, "insufficient_quota", "The engine's provider has no quota left for our key."),
        (500, "content_filter", "The engine's provider withheld the page's text."),
        (503, "model_not_found", "The engine does not have this model."),
    ] {
        let body = json!({"error": {"message": "no", "type": "x", "code": code}});
        let error = failure(Script::error(status, &body)).await;
        assert_eq!((error.kind, error.detail.as_str()), (Kind::Refused, detail), "{code}");
        let error = failure(Script::stream().role().raw(format!("data: {body}\n\n"))).await;
        assert_eq!((error.kind, error.detail.as_str()), (Kind::Refused, detail), "{code} in a stream");
    }
    let withheld = failure(Script::stream().role().finish("content_filter").done()).await;
    assert_eq!(withheld.kind, Kind::Refused);
    let busy = json!({"error": {"message": "no", "code": "rate_limit_exceeded"}});
    assert_eq!(failure(Script::error(429, &busy)).await.kind, Kind::Limited);
}

#[tokio::test]
async fn an_engines_words_are_cut_and_never_hold_our_key() {
    // `failure` looks for the key in everything that a log could get.
    let error = failure(Script::error(401, &json!({"error": {"message": format!("Incorrect API key: {KEY}.")}}))).await;
    assert!(everything(&error).contains("Incorrect API key: [key]."));
    let long = format!("{}{KEY}{}", "x".repeat(490), "y".repeat(1_000_000));
    let error = failure(Script::other(500, "text/plain", long)).await;
    assert!(everything(&error).len() < 3000);
    assert!(!everything(&error).contains("Very"), "the key is scrubbed before the cut");
}

#[tokio::test]
async fn a_busy_engine_may_set_retry_after() {
    let busy = |after| Script::error(429, &json!({"error": {"message": "full"}})).header("retry-after", after);
    assert_eq!(failure(busy("7")).await.retry_after, Some(Duration::from_secs(7)));
    assert_eq!(failure(busy("999999999999")).await.retry_after, Some(Duration::from_hours(1)));
    assert_eq!(failure(busy("-1")).await.retry_after, None);
}

#[tokio::test]
async fn a_retry_after_date_is_compared_with_the_engines_clock() {
    let busy = |date| {
        let full = Script::error(503, &json!({"error": {"message": "full"}}));
        full.header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT").header("date", date)
    };
    let after = async |date| failure(busy(date)).await.retry_after;
    assert_eq!(after("Wed, 21 Oct 2015 07:27:18 GMT").await, Some(Duration::from_secs(42)));
    assert_eq!(after("Tue, 20 Oct 2015 07:28:00 GMT").await, Some(Duration::from_hours(1)));
    assert_eq!(after("Wed, 21 Oct 2015 07:28:01 GMT").await, None, "that time is over");
    assert_eq!(after("yesterday").await, None);
}

#[tokio::test]
async fn an_error_whose_body_never_ends_still_has_its_status() {
    let script = Script::error(500, &json!({"error": "x"})).raw(vec![b'z'; 64 * 1024]).stall();
    assert_eq!(failure(script).await.kind, Kind::Failed);
}

#[tokio::test]
async fn no_request_is_retried() {
    let scripted = ScriptedEngine::start(Script::error(500, &json!({}))).await.unwrap();
    drain(OpenAiEngine::new(config(scripted.base_url())).unwrap().read(image(), request())).await;
    assert_eq!(scripted.requests().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed_so_that_the_key_stays_here() {
    let elsewhere = ScriptedEngine::start(Script::text(["stolen"])).await.unwrap();
    let target = format!("{}/chat/completions", elsewhere.base_url());
    let error = failure(Script::other(307, "text/plain", "").header("location", &target)).await;
    assert_eq!(error.kind, Kind::Protocol);
    assert_eq!(elsewhere.requests().len(), 0);
}

#[tokio::test]
async fn an_answer_that_is_a_web_page_is_not_understood() {
    assert_eq!(failure(Script::other(200, "text/html", "<p>Sign in</p>")).await.kind, Kind::Protocol);
}

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let engine = OpenAiEngine::new(config(&base_url)).unwrap();
    assert!(engine.probe().await.is_err());
    let error = drain(engine.read(image(), request())).await.error.unwrap();
    assert_eq!((error.kind, error.detail.as_str()), (Kind::Unreachable, "The engine cannot be reached."));
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_unreachable() {
    let scripted = ScriptedEngine::start(Script::text([])).await.unwrap();
    let base_url = scripted.base_url().replace("http:", "https:");
    let error = drain(OpenAiEngine::new(config(&base_url)).unwrap().read(image(), request())).await.error.unwrap();
    let detail = "No secure connection to the engine can be made.";
    assert_eq!((error.kind, error.detail.as_str()), (Kind::Unreachable, detail));
}

#[tokio::test]
async fn a_host_without_an_address_is_unreachable() {
    // RFC 6761: no resolver knows a name under `invalid`.
    let engine = OpenAiEngine::new(config("http://nowhere.invalid/v1")).unwrap();
    let error = drain(engine.read(image(), request())).await.error.unwrap();
    let detail = "The engine's host name cannot be resolved.";
    assert_eq!((error.kind, error.detail.as_str()), (Kind::Unreachable, detail));
    assert!(!everything(&error).contains("nowhere"));
}

#[tokio::test]
async fn a_server_that_never_completes_the_handshake_is_unreachable_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(&format!("https://{}/v1", listener.local_addr().unwrap()));
    config.connect_timeout = Duration::from_millis(100);
    let error = drain(OpenAiEngine::new(config).unwrap().read(image(), request())).await.error.unwrap();
    let detail = "The engine did not accept the connection in time.";
    assert_eq!((error.kind, error.detail.as_str()), (Kind::Unreachable, detail));
}
