//! A renderer and an engine that tests control. A file `FAKE image 1` is an image, `FAKE pdf 3` a PDF of three pages; anything
//! else is neither.

use std::{
    io::Read,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use axum::body::Bytes;
use futures::stream::BoxStream;
use inkstream_content::Occurrence;
use inkstream_core::{
    Error, Result,
    image::{ImageData, ImageEncoding, ImageSpec, Marks, PageImage},
    ports::{
        DocumentInfo, EmbeddedText, Engine, EngineCapabilities, EngineError, EngineErrorKind, EngineEvent,
        EngineIdentity, EngineInfo, EngineLimits, EngineStart, FileFormat, Finish, OpenDocument, OpenRequest,
        ReadRequest, Renderer, TokenUsage,
    },
};
use inkstream_wire::{ErrorCode, PixelBox, Task};
use tokio::sync::Semaphore;

pub(crate) const IMAGE: &[u8] = b"FAKE image 1";
pub(crate) const PDF: &[u8] = b"FAKE pdf 3";

pub(crate) struct FakeRenderer;

#[async_trait::async_trait]
impl Renderer for FakeRenderer {
    async fn open(&self, mut request: OpenRequest) -> Result<Box<dyn OpenDocument>> {
        let mut text = String::new();
        request.file.read_to_string(&mut text).map_err(Error::internal)?;
        let words: Vec<_> = text.split(' ').collect();
        let info = match words[..] {
            ["FAKE", "image", pages] => DocumentInfo::new(FileFormat::Png, pages.parse().unwrap()),
            ["FAKE", "pdf", pages] => DocumentInfo::new(FileFormat::Pdf, pages.parse().unwrap()),
            ["FAKE", "locked"] if request.password.as_deref() == Some("open sesame") => {
                DocumentInfo::new(FileFormat::Pdf, 1)
            }
            ["FAKE", "locked"] => return Err(Error::new(ErrorCode::PasswordRequired, "The PDF needs a password.")),
            ["FAKE", "panic"] => panic!("a secret of the document"),
            _ => return Err(Error::new(ErrorCode::UnsupportedMediaType, "No image or PDF.")),
        };
        Ok(Box::new(FakeDocument(info)))
    }
}

struct FakeDocument(DocumentInfo);

#[async_trait::async_trait]
impl OpenDocument for FakeDocument {
    fn info(&self) -> DocumentInfo {
        self.0
    }

    async fn render(&self, _page: u32, spec: &ImageSpec) -> Result<PageImage> {
        Ok(image(spec, Bytes::from(format!("PNG turned {}", spec.rotation))))
    }

    async fn text(&self, _page: u32, _spec: &ImageSpec) -> Result<Option<EmbeddedText>> {
        Ok(None)
    }

    async fn annotate(&self, page: u32, spec: &ImageSpec, marks: &Marks) -> Result<PageImage> {
        let Marks { width, height, marks } = marks;
        let labels: Vec<_> = marks.iter().map(|mark| mark.label.as_str()).collect();
        let side = spec.max_side.unwrap();
        let drawn = format!("PNG {page} of {width}x{height} within {side}: {}", labels.join(", "));
        Ok(image(spec, Bytes::from(drawn)))
    }
}

fn image(spec: &ImageSpec, bytes: Bytes) -> PageImage {
    PageImage {
        width: 100,
        height: 50,
        dpi: Some(spec.dpi),
        lowered_dpi: None,
        warnings: Vec::new(),
        format: ImageEncoding::Png,
        data: ImageData::Bytes(bytes),
    }
}

/// What the engine does with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// Streams two lines, each for a permit of `FakeEngine::lines`, and ends.
    Lines,
    /// The same, but with a finish reason that means truncated text.
    Cut,
    /// Streams the same line endlessly, as fast as it is read.
    Endless,
    /// Refuses.
    Refuse,
}

/// An engine that reads two lines of every page.
pub(crate) struct FakeEngine {
    info: EngineInfo,
    script: Script,
    /// One permit per line. Tests that watch the stream hand them out, others start with plenty.
    pub(crate) lines: Arc<Semaphore>,
    asked: Arc<AtomicU64>,
    prompts: Mutex<Vec<Option<String>>>,
    /// Number of reads that were dropped before their end.
    pub(crate) dropped: Arc<AtomicU64>,
    /// A permit for each of these.
    pub(crate) drops: Arc<Semaphore>,
}

impl FakeEngine {
    pub(crate) fn new(model: &str, script: Script, lines: usize) -> Self {
        let info = EngineInfo {
            identity: EngineIdentity { model: model.into(), profile: "plain".into() },
            capabilities: EngineCapabilities {
                tasks: vec![Task::Text, Task::Markdown],
                sizes: Vec::new(),
                takes_prompt: true,
                takes_language: false,
                sends_lines: false,
                takes_max_tokens: false,
            },
            limits: EngineLimits { concurrency: 1, attempts: 1, tokens_per_page: 100 },
            fallback: None,
        };
        let lines = Arc::new(Semaphore::new(lines));
        Self {
            info,
            script,
            lines,
            asked: Arc::default(),
            prompts: Mutex::default(),
            dropped: Arc::default(),
            drops: Arc::new(Semaphore::new(0)),
        }
    }

    /// Number of pages that it was asked to read.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(SeqCst)
    }

    /// The prompts that came with them.
    pub(crate) fn prompts(&self) -> Vec<Option<String>> {
        self.prompts.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl Engine for FakeEngine {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn image_spec(&self, _: &ReadRequest, dpi: Option<f32>) -> ImageSpec {
        ImageSpec {
            dpi: dpi.unwrap_or(200.0),
            max_side: None,
            max_width: None,
            min_side: 1,
            format: ImageEncoding::Png,
            colour: false,
            rotation: 0,
            original: false,
        }
    }

    fn prompt_chars(&self, request: &ReadRequest) -> u64 {
        request.prompt.as_ref().map_or(0, |prompt| prompt.as_str().chars().count() as u64)
    }

    fn read(&self, _: PageImage, request: ReadRequest) -> BoxStream<'static, Result<EngineEvent, EngineError>> {
        self.asked.fetch_add(1, SeqCst);
        self.prompts.lock().unwrap().push(request.prompt.map(|prompt| prompt.as_str().to_owned()));
        let (script, lines) = (self.script, Arc::clone(&self.lines));
        let mut watch = Watch { dropped: Arc::clone(&self.dropped), drops: Arc::clone(&self.drops), over: false };
        let reason = if script == Script::Cut { "length" } else { "stop" };
        let text = |delta: &str| EngineEvent::Text {
            delta: delta.to_owned(),
            bounds: Some(PixelBox { x: 1, y: 2, width: 3, height: 4 }),
            tokens: None,
        };
        Box::pin(async_stream::try_stream! {
            yield EngineEvent::Started(EngineStart::default());
            if script == Script::Refuse {
                watch.finish();
                Err(EngineError::new(EngineErrorKind::Refused, "The engine said no.").because("its secret reason"))?;
            }
            if script == Script::Endless {
                loop {
                    yield text(&"again ".repeat(1000));
                }
            }
            for line in ["first line\n", "second line\n"] {
                lines.acquire().await.expect("never closed").forget();
                yield text(line);
            }
            yield EngineEvent::Usage(TokenUsage { prompt_tokens: 7, completion_tokens: 4 });
            watch.finish();
            yield EngineEvent::Finished(Finish { reason: Some(reason.into()), occurrences: vec![stamp()], ..Finish::default() });
        })
    }

    async fn probe(&self) -> Result<(), EngineError> {
        Ok(())
    }
}

/// What the engine finds on every page.
fn stamp() -> Occurrence {
    Occurrence {
        bounds: PixelBox { x: 1, y: 2, width: 3, height: 4 },
        text: "the stamp".to_owned(),
        confidence: None,
        region: None,
        paragraph: None,
        line: None,
    }
}

/// Reports a read that is dropped before its end.
struct Watch {
    dropped: Arc<AtomicU64>,
    drops: Arc<Semaphore>,
    over: bool,
}

impl Watch {
    fn finish(&mut self) {
        self.over = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.over {
            self.dropped.fetch_add(1, SeqCst);
            self.drops.add_permits(1);
        }
    }
}
