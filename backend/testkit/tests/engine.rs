//! Tests of the scripted engine, on which other tests rely.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io;

use inkstream_testkit::{
    engine::{Scenario, Script, ScriptedEngine},
    fixtures::page,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The answer to a request with this prompt, as far as it was received.
async fn ask(engine: &ScriptedEngine, prompt: &str) -> io::Result<String> {
    let body = serde_json::json!({"messages": [{"role": "user", "content": [{"type": "text", "text": prompt}]}]});
    send(
        engine,
        &format!("POST /v1/chat/completions HTTP/1.0\r\ncontent-length: {}\r\n\r\n{body}", body.to_string().len()),
    )
    .await
}

async fn send(engine: &ScriptedEngine, request: &str) -> io::Result<String> {
    let address = engine.base_url().strip_prefix("http://").and_then(|url| url.strip_suffix("/v1")).unwrap();
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    // If the connection is cut, return what was received before.
    let _ = connection.read_to_end(&mut answer).await;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn answers_follow_the_sequence_and_the_last_one_is_repeated() {
    let scripts = [Script::too_many_requests(Some(7)), Script::unavailable(), Script::text(["fine"])];
    let engine = ScriptedEngine::start_in_turn(scripts).await.unwrap();
    let first = ask(&engine, "").await.unwrap();
    assert!(first.starts_with("HTTP/1.0 429") && first.contains("retry-after: 7"), "{first}");
    assert!(ask(&engine, "").await.unwrap().starts_with("HTTP/1.0 503"));
    for _ in 0..2 {
        let fine = ask(&engine, "").await.unwrap();
        assert!(fine.contains("\"fine\"") && fine.ends_with("data: [DONE]\n\n"), "{fine}");
    }
}

#[tokio::test]
async fn models_are_listed_until_another_answer_is_set() {
    let engine = ScriptedEngine::start(Script::stream()).await.unwrap();
    engine.serve(&["allenai/olmOCR", "other"]);
    let models = send(&engine, "GET /v1/models HTTP/1.0\r\n\r\n").await.unwrap();
    assert!(models.contains("allenai/olmOCR") && models.contains("other") && !models.contains("scripted"), "{models}");
    engine.answer_models(Script::unauthorized());
    assert!(send(&engine, "GET /v1/models HTTP/1.0\r\n\r\n").await.unwrap().starts_with("HTTP/1.0 401"));
}

#[tokio::test]
async fn the_prompt_selects_the_grounding() {
    let engine = Scenario::DeepseekGrounding.start().await.unwrap();
    let markdown = ask(&engine, "<|grounding|>Convert the document to markdown.").await.unwrap();
    assert!(markdown.contains("\"title\"") && markdown.contains("\"<|det|>\""), "{markdown}");
    assert!(ask(&engine, "<|grounding|>OCR this image.").await.unwrap().contains("\" Keeper\""));
    let place = ask(&engine, "Locate <|ref|>eleven<|/ref|> in the image.").await.unwrap();
    assert!(place.contains("\"eleven\"") && !place.contains("\"title\""), "{place}");
}

#[tokio::test]
async fn an_engine_that_dies_cuts_its_answers_and_closes_its_port() {
    let engine = Scenario::Dies.start().await.unwrap();
    for _ in 0..2 {
        assert!(ask(&engine, "").await.unwrap().contains("[DONE]"));
    }
    let half = ask(&engine, "").await.unwrap();
    assert!(half.contains("padded boxes") && !half.contains("thanks.") && !half.contains("[DONE]"), "{half}");
    assert!(page::TEXT.contains("thanks."));
    // The port closes as soon as the engine's task has run.
    while send(&engine, "GET /v1/models HTTP/1.0\r\n\r\n").await.is_ok() {}
}

#[tokio::test]
async fn stopping_an_engine_ends_its_stalled_answers() {
    let engine = ScriptedEngine::start(Script::stream().delta("so far").stall()).await.unwrap();
    let (answer, ()) = tokio::join!(ask(&engine, ""), async {
        engine.requested(1).await;
        engine.die();
    });
    assert!(!answer.unwrap_or_default().contains("[DONE]"));
}
