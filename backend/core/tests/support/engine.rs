use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_stream::stream;
use futures::{StreamExt as _, stream::BoxStream};
use inkstream_content::{LayoutBlock, LayoutLine, RegionKind};
use inkstream_core::{
    image::{ImageEncoding, ImageSpec, PageImage},
    ports::{
        Engine, EngineCapabilities, EngineError, EngineErrorKind, EngineEvent, EngineIdentity, EngineInfo,
        EngineLimits, EngineStart, Finish, PageStructure, ReadRequest, TokenUsage,
    },
};
use inkstream_wire::{PageWarning, Task};
use tokio::sync::{Notify, Semaphore};

/// What the engine does for a page, one after the other.
#[derive(Clone)]
pub(crate) enum Step {
    Say(&'static str),
    /// A line with its bounds.
    Line(&'static str, [u32; 4]),
    Count(u64),
    /// Waits until the test lets one page on.
    Wait(Arc<Semaphore>),
    Fail(EngineErrorKind),
    /// Refuses the page, and says when to come again.
    Busy(Duration),
    /// Begins with another model, after it turned the image by so many degrees.
    Begin(&'static str, u16),
    /// Begins after it picked these languages, with a warning.
    Detect(&'static [&'static str], PageWarning),
    /// Calls its own answer invalid, since the page lies on its side.
    Turn(u16),
    Panic,
    /// Says nothing for so long.
    Pause(Duration),
    /// Ends for this reason; without it, with `stop`.
    End(Option<&'static str>),
    /// Ends with `stop`, and says where these lines of one paragraph are.
    Locate(&'static [(&'static str, [u32; 4])]),
}

/// Reads page n (in the order in which pages come) by the n-th script; the last one serves all further pages.
pub(crate) struct FakeEngine {
    info: EngineInfo,
    scripts: Vec<Vec<Step>>,
    taken: AtomicUsize,
    /// What it was asked, in order.
    pub(crate) asked: Arc<Mutex<Vec<ReadRequest>>>,
    pub(crate) dropped: Arc<Notify>,
    /// Whether it answers who asks whether it is there.
    pub(crate) silent: bool,
    /// Language tags with its own names for them.
    languages: &'static [(&'static str, &'static str)],
    /// Whether it can detect them.
    detects: bool,
}

impl FakeEngine {
    pub(crate) fn new(scripts: impl Into<Vec<Vec<Step>>>) -> Self {
        let info = EngineInfo {
            identity: EngineIdentity { model: "fake".to_owned(), profile: "plain".to_owned() },
            capabilities: EngineCapabilities {
                tasks: vec![Task::Text],
                sizes: Vec::new(),
                takes_prompt: true,
                takes_language: false,
                sends_lines: false,
                takes_max_tokens: false,
            },
            limits: EngineLimits { concurrency: 2, attempts: 1, tokens_per_page: 100 },
            fallback: None,
        };
        Self {
            info,
            scripts: scripts.into(),
            taken: AtomicUsize::new(0),
            asked: Arc::default(),
            dropped: Arc::default(),
            silent: false,
            languages: &[],
            detects: false,
        }
    }

    /// The same with another script.
    pub(crate) fn saying(mut self, script: Vec<Step>) -> Self {
        self.scripts = vec![script];
        self
    }

    /// The same, but it needs the page's language, which is one of these tags.
    pub(crate) fn with_languages(mut self, languages: &'static [(&'static str, &'static str)]) -> Self {
        self.languages = languages;
        self.with(|info| info.capabilities.takes_language = true)
    }

    /// The same, but it can detect the page's languages.
    pub(crate) fn detecting(mut self) -> Self {
        self.detects = true;
        self
    }

    /// The same with other properties.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut EngineInfo)) -> Self {
        change(&mut self.info);
        self
    }
}

fn located(lines: &[(&str, [u32; 4])]) -> Finish {
    let line = |(number, (text, bounds)): (u32, &(&str, [u32; 4]))| LayoutLine {
        text: (*text).to_owned(),
        bounds: (*bounds).into(),
        confidence: None,
        paragraph: Some(0),
        number: Some(number),
        words: Vec::new(),
    };
    let lines = (0..).zip(lines).map(line).collect();
    let block = LayoutBlock { number: Some(0), kind: RegionKind::Block, bounds: None, lines, table: None };
    Finish { reason: Some("stop".to_owned()), structure: PageStructure::Layout(vec![block]), ..Finish::default() }
}

struct TellsDrop(Arc<Notify>);

impl Drop for TellsDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[async_trait::async_trait]
impl Engine for FakeEngine {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn languages(&self) -> Vec<String> {
        let mut names: Vec<String> = self.languages.iter().map(|(_, name)| (*name).to_owned()).collect();
        names.dedup();
        names
    }

    fn detects_languages(&self) -> bool {
        self.detects
    }

    fn language(&self, tag: &str) -> Option<String> {
        self.languages.iter().find(|(known, _)| *known == tag).map(|(_, name)| (*name).to_owned())
    }

    fn image_spec(&self, request: &ReadRequest, dpi: Option<f32>) -> ImageSpec {
        let dpi = dpi.unwrap_or(100.0);
        ImageSpec {
            dpi,
            max_width: None,
            max_side: None,
            min_side: 1,
            format: ImageEncoding::Png,
            colour: false,
            rotation: request.rotation,
            original: false,
        }
    }

    fn prompt_chars(&self, request: &ReadRequest) -> u64 {
        request.prompt.as_ref().map_or(0, |prompt| prompt.as_str().chars().count() as u64)
    }

    fn read(&self, _: PageImage, request: ReadRequest) -> BoxStream<'static, Result<EngineEvent, EngineError>> {
        self.asked.lock().unwrap().push(request);
        let nth = self.taken.fetch_add(1, Ordering::Relaxed);
        let script = self.scripts[nth.min(self.scripts.len() - 1)].clone();
        let guard = TellsDrop(self.dropped.clone());
        stream! {
            let _guard = guard;
            for step in script {
                match step {
                    Step::Say(text) => yield Ok(EngineEvent::Text { delta: text.to_owned(), bounds: None, tokens: None }),
                    Step::Line(text, bounds) => {
                        yield Ok(EngineEvent::Line { text: text.to_owned(), bounds: bounds.into() });
                    }
                    Step::Count(completion_tokens) => {
                        yield Ok(EngineEvent::Usage(TokenUsage { prompt_tokens: 10, completion_tokens }));
                    }
                    Step::Wait(gate) => {
                        yield Ok(EngineEvent::Started(EngineStart::default()));
                        gate.acquire().await.unwrap().forget();
                    }
                    Step::Begin(model, rotation) => {
                        yield Ok(EngineEvent::Started(EngineStart {
                            model: Some(model.to_owned()),
                            rotation,
                            ..EngineStart::default()
                        }));
                    }
                    Step::Detect(languages, warning) => {
                        let languages = languages.iter().map(|language| (*language).to_owned()).collect();
                        let warnings = vec![warning];
                        yield Ok(EngineEvent::Started(EngineStart { languages, warnings, ..EngineStart::default() }));
                    }
                    Step::Fail(kind) => {
                        yield Err(EngineError::new(kind, "The engine failed."));
                        return;
                    }
                    Step::Busy(wait) => {
                        let busy = EngineError::new(EngineErrorKind::Busy, "The engine is busy.");
                        yield Err(EngineError { retry_after: Some(wait), ..busy });
                        return;
                    }
                    Step::Turn(rotation) => {
                        let invalid = EngineError::new(EngineErrorKind::Invalid, "The page lies on its side.");
                        yield Err(EngineError { rotation: Some(rotation), ..invalid });
                        return;
                    }
                    Step::Panic => panic!("the engine has a defect"),
                    Step::Pause(time) => tokio::time::sleep(time).await,
                    Step::Locate(lines) => {
                        yield Ok(EngineEvent::Finished(located(lines)));
                        return;
                    }
                    Step::End(reason) => {
                        let reason = reason.map(str::to_owned);
                        yield Ok(EngineEvent::Finished(Finish { reason, ..Finish::default() }));
                        return;
                    }
                }
            }
            yield Ok(EngineEvent::Finished(Finish { reason: Some("stop".to_owned()), ..Finish::default() }));
        }
        .boxed()
    }

    async fn probe(&self) -> Result<(), EngineError> {
        if self.silent { Err(EngineError::new(EngineErrorKind::Unreachable, "Nobody is there.")) } else { Ok(()) }
    }
}
