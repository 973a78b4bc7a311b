//! An engine dies in the middle of a PDF, and the fallback completes it.

use std::collections::BTreeMap;

use inkstream_testkit::{
    engine::{Scenario, ScriptedEngine},
    fixtures::{page, pdf},
};
use inkstream_wire::EventBody;
use tempfile::TempDir;
use tokio::process::Command;

use crate::server::Server;

async fn server() -> (Server, ScriptedEngine, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let engine = Scenario::Dies.start().await.unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_inkstream"));
    command.env("LLM_FALLBACK", "tesseract").env("LLM_CONCURRENCY", "1");
    let server = Server::launch(command, folder.path(), engine.base_url()).await;
    (server, engine, folder)
}

/// The model that read each page and its text, as a reader of the events puts them together; errors by their page.
fn fold(events: &[EventBody]) -> (BTreeMap<u32, (String, String)>, Vec<u32>) {
    let mut pages = BTreeMap::<u32, (String, String)>::new();
    let mut failed = Vec::new();
    for event in events {
        match event {
            EventBody::PageStart(start) => {
                pages.insert(start.page, (start.model.clone(), String::new()));
            }
            EventBody::PageReset { page, reset } => {
                pages.insert(*page, (reset.model.clone(), String::new()));
            }
            EventBody::PageDelta { page, delta, .. } => pages.get_mut(page).unwrap().1.push_str(delta),
            EventBody::PageError { page, .. } => {
                pages.remove(page);
                failed.push(*page);
            }
            _ => {}
        }
    }
    assert!(matches!(events.last(), Some(EventBody::End(_))), "{events:?}");
    (pages, failed)
}

/// Every page has the whole text of the one that read it, as Markdown, which is the task of the engine; how many the engine has read. Which ones, their
/// turns decide.
fn checked(pages: BTreeMap<u32, (String, String)>) -> usize {
    let mut by_engine = 0;
    for (page, (model, text)) in pages {
        if model == "default" {
            by_engine += 1;
            assert_eq!(text, page::TEXT);
        } else {
            assert_eq!((model.as_str(), text), ("tesseract", format!("This is page {page} of the report.")));
        }
    }
    by_engine
}

#[tokio::test]
async fn a_caller_that_takes_resets_gets_every_page_once() {
    let (server, _engine, _folder) = server().await;
    let events = server.read("/api/ocr/pdf", &[("resets", "true")], &pdf::numbered(5)).await;
    let (pages, failed) = fold(&events);
    assert_eq!(failed, [0_u32; 0]);
    let resets = events.iter().filter(|event| matches!(event, EventBody::PageReset { .. })).count();
    assert_eq!(resets, 1, "{events:?}");
    assert_eq!(pages.len(), 5);
    assert_eq!(checked(pages), 2, "pages came to the engine before it died");
}

#[tokio::test]
async fn a_caller_that_does_not_loses_the_page_that_had_begun_and_no_other() {
    let (server, _engine, _folder) = server().await;
    let (pages, failed) = fold(&server.read("/api/ocr/pdf", &[], &pdf::numbered(5)).await);
    assert_eq!((failed.len(), pages.len()), (1, 4));
    assert_eq!(checked(pages), 2);
}
