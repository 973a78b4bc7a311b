//! The task `markdown` with engines that recognize lines.

use inkstream_content::BlockKind;
use inkstream_core::ports::{EngineErrorKind, PageOutcome};
use inkstream_wire::{BoxKind, EventBody, OcrEvent, RunOptions, Task, TextLayer};

use crate::support::{FakeEngine, OWN_TEXT, Step, collect, world};

const LINES: [(&str, [u32; 4]); 2] =
    [("The paper you chose was cut last", [0, 0, 80, 9]), ("week, and left the yard.", [0, 10, 70, 9])];

/// An engine that reads lines, for any task that is about text.
fn engine() -> FakeEngine {
    let script = vec![
        Step::Line("The paper you chose was cut last\n", LINES[0].1),
        Step::Line("week, and left the yard.\n", LINES[1].1),
        Step::Locate(&LINES),
    ];
    FakeEngine::new([script]).with(|info| info.capabilities.tasks = vec![Task::Text, Task::Markdown])
}

fn markdown() -> RunOptions {
    RunOptions { task: Some(Task::Markdown), boxes: true, ..RunOptions::default() }
}

fn deltas(events: &[OcrEvent]) -> String {
    let delta = |event: &OcrEvent| match &event.body {
        EventBody::Delta { delta, .. } | EventBody::PageDelta { page: 2, delta, .. } => Some(delta.clone()),
        _ => None,
    };
    events.iter().filter_map(delta).collect()
}

#[tokio::test]
async fn lines_are_sent_as_the_markdown_of_their_content_which_keeps_their_places() {
    let world = world(engine(), 1);
    let (_, events) = collect(world.start("image", markdown()).await.unwrap()).await;
    let expected = "The paper you chose was cut last week, and left the yard.";
    assert_eq!(deltas(&events), expected);
    let record = world.store.records().remove(0);
    assert_eq!((record.text.as_str(), &record.outcome), (expected, &PageOutcome::Done));
    let lines: Vec<_> = record.boxes().into_iter().filter(|found| found.kind == BoxKind::Line).collect();
    assert_eq!(
        lines.iter().map(|line| (line.text.as_str(), line.bounds)).collect::<Vec<_>>(),
        LINES.map(|(text, at)| (text, at.into()))
    );
    let content = record.content.unwrap();
    assert!(matches!(content.blocks[0].kind, BlockKind::Paragraph { .. }));
    assert_eq!(content.blocks[0].source.unwrap().slice(expected), expected);
}

#[tokio::test]
async fn hyphenated_words_are_joined_in_deltas_text_and_content_on_request() {
    const HYPHENATED: [(&str, [u32; 4]); 2] = [("The pa-", [0, 0, 40, 9]), ("per was cut", [0, 10, 70, 9])];
    let engine = || {
        let script = vec![
            Step::Line("The pa-\n", HYPHENATED[0].1),
            Step::Line("per was cut\n", HYPHENATED[1].1),
            Step::Locate(&HYPHENATED),
        ];
        FakeEngine::new([script]).with(|info| info.capabilities.sends_lines = true)
    };
    for (dehyphenate, expected) in [(true, "The paper\nwas cut\n"), (false, "The pa-\nper was cut\n")] {
        let world = world(engine(), 1);
        let options = RunOptions { dehyphenate, boxes: true, ..RunOptions::default() };
        let (_, events) = collect(world.start("image", options).await.unwrap()).await;
        let record = world.store.records().remove(0);
        assert_eq!((deltas(&events).as_str(), record.text.as_str()), (expected, expected));
        let content = record.content.unwrap();
        assert_eq!(content.plain_text(), expected.trim_end());
        assert!(content.blocks[0].text().unwrap().lines.iter().all(|line| line.bounds.is_some()));
    }
    let engine = engine().with(|info| info.capabilities.sends_lines = false);
    let options = RunOptions { dehyphenate: true, ..RunOptions::default() };
    let (_, events) = collect(world(engine, 1).start("image", options).await.unwrap()).await;
    let EventBody::Start(start) = &events[0].body else { panic!() };
    assert_eq!(start.ignored, ["dehyphenate"]);
}

#[tokio::test]
async fn a_text_layer_is_markdown_too() {
    let world = world(engine(), 1);
    let options = RunOptions { text_layer: Some(TextLayer::Prefer), ..markdown() };
    let (_, events) = collect(world.start("pdf 2 text 2", options).await.unwrap()).await;
    assert_eq!(deltas(&events), OWN_TEXT);
    let record = world.store.records().into_iter().find(|record| record.page == 2).unwrap();
    assert!(record.boxes().iter().any(|place| place.kind == BoxKind::Word && place.text == "reader"));
}

#[tokio::test]
async fn a_page_that_fails_before_its_end_has_sent_nothing() {
    let script = vec![Step::Line("The paper\n", LINES[0].1), Step::Fail(EngineErrorKind::Failed)];
    let engine = FakeEngine::new([script]).with(|info| info.capabilities.tasks = vec![Task::Markdown]);
    let (_, events) = collect(world(engine, 1).start("image", markdown()).await.unwrap()).await;
    assert_eq!(deltas(&events), "");
}
