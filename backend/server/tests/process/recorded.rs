//! Recorded answers of real engines, byte for byte, and what the server makes of them.

use std::{collections::BTreeMap, fmt::Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use inkstream_testkit::{
    engine::{RECORDINGS, Script, ScriptedEngine},
    fixtures::page,
};
use inkstream_wire::{BoxKind, End, ErrorCode, EventBody, EventError};
use tokio::process::Command;

use crate::server::Server;

const SENTENCE: &str = "The harbour light was lit for the first time on the ninth of October.";

/// A server with an engine for each recording, named like it; each engine gives its recording in several framings in turn.
/// The one that wants its page turned gives the page once that is done.
struct Recorded {
    server: Server,
    engines: BTreeMap<&'static str, ScriptedEngine>,
    _folder: tempfile::TempDir,
}

impl Recorded {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut file = String::new();
        let mut engines = BTreeMap::new();
        for (name, stream) in RECORDINGS {
            let script = Script::recorded(name);
            let answers = if *name == "olmocr-turned" {
                [script, Script::recorded("olmocr"), Script::recorded("olmocr")]
            } else {
                [script.clone(), script.clone().in_pieces_of(7), script.crlf()]
            };
            let engine = ScriptedEngine::start_in_turn(answers).await.unwrap();
            let (url, model) = (engine.base_url(), model(stream));
            write!(file, "[[engine]]\nname = \"{name}\"\nmodel = \"{model}\"\nbase_url = \"{url}\"\n").unwrap();
            engines.insert(*name, engine);
        }
        let path = folder.path().join("engines.toml");
        std::fs::write(&path, file).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_inkstream"));
        command.env("ENGINES_FILE", path);
        let server = Server::launch(command, folder.path(), "").await;
        Self { server, engines, _folder: folder }
    }

    /// The text and the end of a page that this recording reads.
    async fn page(&self, name: &str, fields: &[(&str, &str)]) -> (String, End) {
        let (text, mut last) = self.read(name, fields).await;
        let EventBody::End(end) = last.pop().unwrap() else { unreachable!("{name}: {last:?}") };
        (text, *end)
    }

    /// The error of a page that this recording breaks.
    async fn error(&self, name: &str) -> EventError {
        let (_, mut last) = self.read(name, &[]).await;
        let Some(EventBody::Error { error }) = last.pop() else { unreachable!("{name}: {last:?}") };
        error
    }

    async fn read(&self, name: &str, fields: &[(&str, &str)]) -> (String, Vec<EventBody>) {
        let fields = [&[("model", name), ("boxes", "true")], fields].concat();
        let events = self.server.read("/api/ocr/image", &fields, page::IMAGE).await;
        let text = events.iter().filter_map(|event| match event {
            EventBody::Delta { delta, .. } => Some(delta.as_str()),
            _ => None,
        });
        (text.collect(), events)
    }
}

/// The model that a recording names. Its profile is guessed from that.
fn model(stream: &str) -> &str {
    let named = stream.split_once("\"model\":\"").and_then(|(_, rest)| rest.split_once('"'));
    named.map_or("a model without a name", |(name, _)| name)
}

#[tokio::test]
async fn every_habit_of_a_server_gives_the_same_page_however_its_bytes_are_cut() {
    let recorded = Recorded::start().await;
    for (name, prompt_tokens) in [("pings", 1377), ("no-done", 1377), ("openai", 1105), ("older", 761)] {
        for framing in 0..3 {
            let (text, end) = recorded.page(name, &[]).await;
            assert_eq!(text, SENTENCE, "{name}, {framing}");
            assert_eq!(end.finish_reason.as_deref(), Some("stop"), "{name}, {framing}");
            assert_eq!((end.usage.prompt_tokens, end.usage.estimated), (prompt_tokens, false), "{name}, {framing}");
            assert!((15..=17).contains(&end.usage.completion_tokens), "{name}: {:?}", end.usage);
        }
    }
    let (text, end) = recorded.page("usage-absent", &[]).await;
    assert_eq!((text.as_str(), end.usage.estimated), (SENTENCE, true));
    let (text, end) = recorded.page("length", &[]).await;
    assert!(SENTENCE.starts_with(&text) && text.len() > 40, "{text}");
    assert_eq!(end.finish_reason.as_deref(), Some("length"));
}

#[tokio::test]
async fn a_failure_in_mid_stream_is_an_error_that_quotes_nothing_of_the_engine() {
    let recorded = Recorded::start().await;
    for name in ["error-integer-code", "error-text-code", "error-older", "repetition-detected"] {
        let error = recorded.error(name).await;
        assert_eq!(error.code, ErrorCode::EngineFailed, "{name}");
        for inside in ["EngineCore", "overloaded", "Background", "127.0.0.1", "eleven"] {
            assert!(!error.message.contains(inside), "{name}: {}", error.message);
        }
    }
}

#[tokio::test]
async fn every_model_family_gives_clean_text_and_what_else_it_knows() {
    let recorded = Recorded::start().await;
    for framing in 0..3 {
        let (nanonets, _) = recorded.page("nanonets", &[]).await;
        assert!(nanonets.starts_with("# Harbour dues") && nanonets.contains("<td>£4.50</td>"), "{framing}: {nanonets}");

        let (olmocr, end) = recorded.page("olmocr", &[]).await;
        assert_eq!(olmocr.trim(), page::TEXT.trim(), "{framing}");
        let metadata = end.metadata.unwrap();
        assert_eq!((metadata.primary_language.as_deref(), metadata.rotation_correction), (Some("en"), 0));
        assert_eq!((end.usage.prompt_tokens, end.usage.estimated), (1867, false));

        let (markdown, end) = recorded.page("deepseek-markdown", &[]).await;
        assert!(
            markdown.trim().starts_with("# The Keeper of the Light") && !markdown.contains('|'),
            "{framing}: {markdown}"
        );
        assert_eq!(end.boxes.unwrap().iter().filter(|place| place.kind == BoxKind::Block).count(), 4);

        let (layout, end) = recorded.page("deepseek-layout", &[("task", "layout")]).await;
        assert_eq!(layout.split_whitespace().collect::<Vec<_>>(), page::TEXT.split_whitespace().collect::<Vec<_>>());
        assert!(end.boxes.unwrap().iter().any(|line| line.kind == BoxKind::Line && line.text == "thanks."));

        let wanted = [("task", "locate"), ("reference", "eleven")];
        let (_, end) = recorded.page("deepseek-locate", &wanted).await;
        let places = end.boxes.unwrap();
        assert_eq!(places.iter().map(|place| place.kind).collect::<Vec<_>>(), [BoxKind::Reference; 2]);
        // "Eleven boats" stands at 426, 425 of the page's 1240 by 1000 pixels.
        assert!(places[0].bounds.x.abs_diff(426) < 3 && places[0].bounds.y.abs_diff(425) < 3, "{places:?}");
    }
}

#[tokio::test]
async fn a_page_that_lies_on_its_side_is_turned_and_read_again() {
    let recorded = Recorded::start().await;
    let (text, end) = recorded.page("olmocr-turned", &[]).await;
    assert_eq!(text.trim(), page::TEXT.trim());
    assert_eq!(end.attempts.iter().map(|attempt| attempt.outcome.as_str()).collect::<Vec<_>>(), ["invalid", "ok"]);
    let sizes: Vec<_> = recorded.engines["olmocr-turned"].requests().iter().map(|asked| size(&asked.body)).collect();
    assert_eq!(sizes, [(1240, 1000), (1000, 1240)]);
}

/// Width and height of the PNG in a request.
fn size(body: &serde_json::Value) -> (u32, u32) {
    let body = body.to_string();
    let (_, data) = body.split_once("data:image/png;base64,").unwrap();
    let head = STANDARD.decode(&data[..32]).unwrap();
    let number = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}
