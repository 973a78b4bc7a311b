//! Pages whose own text is taken.

use inkstream_wire::{BoxKind, EventBody, OcrEvent, RunOptions, Task, TextLayer};

use crate::support::{FakeEngine, OWN_TEXT, Step, World, collect, world};

fn reader() -> FakeEngine {
    FakeEngine::new([vec![Step::Say("read")]])
        .with(|info| info.capabilities.tasks = vec![Task::Text, Task::Locate, Task::Figure])
}

fn prefer() -> RunOptions {
    RunOptions { text_layer: Some(TextLayer::Prefer), boxes: true, ..RunOptions::default() }
}

/// The events of a PDF of two pages, of which the second says itself what is on it.
async fn read(world: &World, options: RunOptions) -> Vec<OcrEvent> {
    collect(world.start("pdf 2 text 2", options).await.unwrap()).await.1
}

fn text_of(events: &[OcrEvent], page: u32) -> String {
    let texts = events.iter().filter_map(|event| match &event.body {
        EventBody::PageDelta { page: of, delta, .. } if *of == page => Some(delta.as_str()),
        _ => None,
    });
    texts.collect()
}

#[tokio::test]
async fn a_sound_text_layer_is_used_and_other_pages_are_recognized() {
    let world = world(reader(), 1);
    let events = read(&world, prefer()).await;
    assert_eq!((text_of(&events, 1), text_of(&events, 2)), ("read".to_owned(), format!("{OWN_TEXT}\n")));
    let mut records = world.store.records();
    records.sort_by_key(|record| record.page);
    assert_eq!((records[0].model.as_str(), records[1].model.as_str()), ("fake", "pdf-text"));
    let usage = records[1].usage;
    assert_eq!((usage.prompt_tokens, usage.completion_tokens, usage.estimated), (0, 0, false));
    assert_eq!((records[1].size, records[1].counts), (Some((85, 110)), true));
    assert!(records[1].boxes().iter().any(|place| place.kind == BoxKind::Word && place.text == "reader"));
    assert_eq!(world.paper.specs.lock().unwrap().len(), 1, "no image is made of a page that is not read");
}

#[tokio::test]
async fn the_text_is_taken_only_by_those_who_ask_for_it_and_for_tasks_that_are_about_text() {
    let world = world(reader(), 1);
    assert_eq!(text_of(&read(&world, RunOptions::default()).await, 2), "read");
    let events = read(&world, RunOptions { task: Some(Task::Figure), ..prefer() }).await;
    let EventBody::Start(start) = &events[0].body else { panic!() };
    assert_eq!((text_of(&events, 2), &start.ignored[..]), ("read".to_owned(), &["text_layer".to_owned()][..]));
}

#[tokio::test]
async fn a_reference_is_found_in_a_pages_own_text() {
    let world = world(reader(), 1);
    let locate = RunOptions { task: Some(Task::Locate), reference: Some("PAGE says".to_owned()), ..prefer() };
    assert_eq!(text_of(&read(&world, locate).await, 2), "page says\n");
    let record = world.store.records().into_iter().find(|record| record.page == 2).unwrap();
    assert_eq!(record.boxes().iter().map(|place| place.kind).collect::<Vec<_>>(), [BoxKind::Reference]);
    let error = world.start("image", RunOptions { task: Some(Task::Locate), ..prefer() }).await.err().unwrap();
    assert!(error.detail.contains("reference"), "{}", error.detail);
}
