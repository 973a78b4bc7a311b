//! One server is the engine of another: both read the same.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use inkstream_testkit::fixtures::{page, pdf};
use inkstream_wire::{ChatChunk, EventBody, RunKind, UsageEvent};
use tempfile::TempDir;
use tokio::process::Command;

use crate::server::{Server, body_of};

/// One that reads with Tesseract, and one that has it read.
struct Two {
    near: Server,
    far: Server,
    _folders: [TempDir; 2],
}

impl Two {
    async fn start() -> Self {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let far = Server::start(folders[0].path(), "").await;
        // The near one has an embedded engine of its own, so that the far one goes by another name.
        let url = far.openai_url();
        let engine = format!("[[engine]]\nname = \"far\"\nmodel = \"embedded\"\nbase_url = \"{url}\"\n");
        let file = folders[1].path().join("engines.toml");
        std::fs::write(&file, engine).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_inkstream"));
        command.env("ENGINES_FILE", file);
        let near = Server::launch(command, folders[1].path(), "").await;
        Self { near, far, _folders: folders }
    }

    /// How many pages the far server has read for another one.
    async fn passed_on(&self) -> u32 {
        let answer = self.far.ask("GET /api/users/me/usage HTTP/1.0", b"").await;
        let rows: Vec<UsageEvent> = serde_json::from_str(body_of(&answer)).unwrap();
        rows.iter().filter(|row| row.kind == RunKind::Chat).map(|row| row.pages).sum()
    }
}

/// Reads a file by this route: the text of each page, an image being page 0, and in how many parts it came.
async fn read(server: &Server, route: &str, file: &[u8]) -> (BTreeMap<u32, String>, usize) {
    let events = server.read(route, &[], file).await;
    assert!(matches!(events.last(), Some(EventBody::End(_))), "{events:?}");
    let mut pages = BTreeMap::<u32, String>::new();
    let mut parts = 0;
    for event in events {
        let (page, delta) = match event {
            EventBody::Delta { delta, .. } => (0, delta),
            EventBody::PageDelta { page, delta, .. } => (page, delta),
            _ => continue,
        };
        parts += 1;
        *pages.entry(page).or_default() += &delta;
    }
    (pages, parts)
}

#[tokio::test]
async fn an_image_has_the_same_text_from_both_line_by_line() {
    let two = Two::start().await;
    let (far, lines) = read(&two.far, "/api/ocr/image", page::IMAGE).await;
    let (near, parts) = read(&two.near, "/api/ocr/image", page::IMAGE).await;
    assert_eq!(near, far);
    assert!(far[&0].contains("The Keeper of the Light"), "{far:?}");
    assert!(parts > 10 && parts >= lines - 1, "{parts} of {lines}: lines are passed on as they are read");
    assert_eq!(two.passed_on().await, 1);
}

#[tokio::test]
async fn a_pdf_has_the_same_text_from_both_page_by_page() {
    let two = Two::start().await;
    let pages: [&[&str]; 3] = [
        &["The harbour light was lit for the first time", "on the ninth of October."],
        &["Eleven boats were out on the night of the storm.", "All eleven came home."],
        &["In his ledger he wrote the date, the weather,", "and a single word: thanks."],
    ];
    let file = pdf::pages(&pages);
    let (far, _) = read(&two.far, "/api/ocr/pdf", &file).await;
    let (near, _) = read(&two.near, "/api/ocr/pdf", &file).await;
    for (number, lines) in (1..).zip(pages) {
        // Blank lines are guessed from distances, and the far one sees images of another resolution than its own.
        let read = |texts: &BTreeMap<u32, String>| texts[&number].replace("\n\n", "\n");
        assert_eq!((read(&far), read(&near)), (lines.join("\n") + "\n", lines.join("\n") + "\n"));
    }
    assert_eq!(two.passed_on().await, 3);
}

#[tokio::test]
async fn a_chat_is_streamed_through_both_with_the_same_text() {
    let two = Two::start().await;
    let url = format!("data:image/png;base64,{}", STANDARD.encode(page::IMAGE));
    let messages = serde_json::json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]);
    let head = "POST /v1/chat/completions HTTP/1.0\r\ncontent-type: application/json";
    let mut answers = Vec::new();
    for (server, model) in [(&two.far, "embedded"), (&two.near, "far")] {
        let request = serde_json::json!({"model": model, "stream": true, "messages": messages});
        let answer = server.ask(head, request.to_string().as_bytes()).await;
        let data: Vec<&str> = body_of(&answer).lines().filter_map(|line| line.strip_prefix("data: ")).collect();
        let (done, chunks) = data.split_last().unwrap();
        assert_eq!(*done, "[DONE]");
        let chunks = chunks.iter().map(|chunk| serde_json::from_str::<ChatChunk>(chunk).unwrap());
        let texts: Vec<_> = chunks.flat_map(|chunk| chunk.choices).filter_map(|choice| choice.delta.content).collect();
        assert!(texts.len() > 10, "{texts:?}");
        answers.push(texts.concat());
    }
    assert_eq!(answers[1], answers[0]);
    assert!(answers[0].contains("thanks."), "{}", answers[0]);
    assert_eq!(two.passed_on().await, 2, "the far one was asked by both");
}
