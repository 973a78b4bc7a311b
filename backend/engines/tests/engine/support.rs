use std::{error::Error, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use inkstream_content::Occurrence;
use inkstream_core::{
    image::{ImageData, ImageEncoding, PageImage},
    ports::{Engine, EngineError, EngineEvent, Finish, ReadRequest, TokenUsage},
};
use inkstream_engines::{ApiKey, Marked, OpenAiConfig, OpenAiEngine, Profile};
use inkstream_testkit::engine::{Script, ScriptedEngine};
use inkstream_wire::{BoxKind, Task, TextBox};

/// The key that must appear nowhere but in the request's header.
pub(crate) const KEY: &str = "sk-Very-Secret-0123456789";

pub(crate) type Events = BoxStream<'static, Result<EngineEvent, EngineError>>;

pub(crate) fn config(base_url: &str) -> OpenAiConfig {
    OpenAiConfig {
        name: "scripted".to_owned(),
        model: "scripted".to_owned(),
        profile: Profile::default(),
        fallback: None,
        base_url: base_url.to_owned(),
        api_key: Some(ApiKey::parse(KEY).unwrap()),
        connect_timeout: Duration::from_secs(20),
        first_token_timeout: Duration::from_secs(20),
        read_timeout: Duration::from_secs(20),
        concurrency: 4,
        max_answer_bytes: 8 << 20,
        max_tokens: None,
        max_side: None,
        temperatures: None,
        page_numbers: Marked::Keep,
        watermarks: Marked::Keep,
        extra: serde_json::Map::new(),
        omit: Vec::new(),
    }
}

pub(crate) fn image() -> PageImage {
    let data = ImageData::Bytes(Bytes::from_static(b"\xff\xd8jpeg"));
    PageImage {
        width: 999,
        height: 999,
        dpi: None,
        lowered_dpi: None,
        warnings: Vec::new(),
        format: ImageEncoding::Jpeg,
        data,
    }
}

pub(crate) fn request() -> ReadRequest {
    ReadRequest::new(Task::Markdown)
}

/// An engine with this script, and a page being read by it.
pub(crate) async fn reading(script: Script) -> (ScriptedEngine, Events) {
    reading_with(script, |_| {}).await
}

pub(crate) async fn reading_with(script: Script, change: impl FnOnce(&mut OpenAiConfig)) -> (ScriptedEngine, Events) {
    asking(script, change, request()).await
}

async fn asking(
    script: Script,
    change: impl FnOnce(&mut OpenAiConfig),
    request: ReadRequest,
) -> (ScriptedEngine, Events) {
    let scripted = ScriptedEngine::start(script).await.unwrap();
    let mut config = config(scripted.base_url());
    change(&mut config);
    let events = OpenAiEngine::new(config).unwrap().read(image(), request);
    (scripted, events)
}

/// What comes of a page that is asked for in this way.
pub(crate) async fn read_as(profile: &str, request: ReadRequest, script: Script) -> Page {
    let profile = profile.parse().unwrap();
    let (_scripted, events) = asking(script, |config| config.profile = profile, request).await;
    drain(events).await
}

/// What came of a page until the stream's end.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) deltas: Vec<String>,
    pub(crate) bounds: Vec<Option<[u32; 4]>>,
    pub(crate) started: usize,
    pub(crate) usage: Vec<TokenUsage>,
    pub(crate) finish: Option<Finish>,
    pub(crate) error: Option<EngineError>,
}

impl Page {
    pub(crate) fn text(&self) -> String {
        self.deltas.concat()
    }

    /// The boxes of the page that was read to its end.
    pub(crate) fn boxes(&self) -> Vec<TextBox> {
        let finish = self.finish.as_ref().expect("the page should have been read to its end");
        let content = finish.structure.clone().content(&self.text(), None);
        content.boxes(&self.text()).into_iter().chain(finish.occurrences.iter().map(Occurrence::to_box)).collect()
    }

    pub(crate) fn reason(&self) -> Option<&str> {
        self.finish.as_ref().expect("the page should have been read to its end").reason.as_deref()
    }
}

/// Reads to the end and checks what holds of every stream: `Started` comes once, with the first text or before
/// `Finished`, and exactly one of `Finished` and an error comes, last.
pub(crate) async fn drain(events: Events) -> Page {
    let mut page = Page::default();
    let all: Vec<_> = events.collect().await;
    let last = all.len() - 1;
    for (at, event) in all.into_iter().enumerate() {
        match event {
            Ok(EngineEvent::Started(_)) => {
                page.started += 1;
            }
            Ok(EngineEvent::Text { delta, bounds, tokens }) => {
                assert!(!delta.is_empty() && page.started == 1);
                page.deltas.push(delta);
                page.bounds.push(bounds.map(Into::into));
                page.usage.extend(tokens);
            }
            Ok(EngineEvent::Line { .. }) => panic!("a server's text comes in deltas"),
            Ok(EngineEvent::Usage(usage)) => page.usage.push(usage),
            Ok(EngineEvent::Finished(finish)) => {
                assert_eq!((at, page.started), (last, 1));
                page.finish = Some(finish);
            }
            Err(error) => {
                assert_eq!(at, last);
                page.error = Some(error);
            }
        }
    }
    page
}

/// The boxes of the page: kind, bounds and text.
pub(crate) fn places(page: &Page) -> Vec<(BoxKind, [u32; 4], String)> {
    page.boxes().into_iter().map(|place| (place.kind, place.bounds.into(), place.text)).collect()
}

pub(crate) async fn read(script: Script) -> Page {
    let (_scripted, events) = reading(script).await;
    drain(events).await
}

/// The error with which this script ends.
pub(crate) async fn failure(script: Script) -> EngineError {
    let (scripted, events) = reading(script).await;
    let page = drain(events).await;
    let error = page.error.expect("the page should have failed");
    for secret in [KEY, scripted.base_url(), "127.0.0.1"] {
        assert!(!error.detail.contains(secret), "{}", error.detail);
        assert!(!everything(&error).contains(secret), "{}", everything(&error));
    }
    error
}

/// All that a log could get of an error.
pub(crate) fn everything(error: &EngineError) -> String {
    let mut text = format!("{error:?} {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text} {error:?} {error}");
        cause = error.source();
    }
    text
}
