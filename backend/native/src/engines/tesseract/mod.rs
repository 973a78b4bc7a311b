//! The Tesseract engine: the server's side. Its pages are read in children, by [`crate::tesseract`].

mod installed;
mod languages;

use std::{os::fd::AsFd, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::BoxStream;
use inkstream_content::{LayoutBlock, LayoutLine, LayoutWord};
use inkstream_core::{
    image::{ImageData, ImageEncoding, ImageSpec, PageImage},
    locate,
    ports::{
        Engine, EngineCapabilities, EngineError, EngineErrorKind, EngineEvent, EngineIdentity, EngineInfo,
        EngineLimits, Finish, PageStructure, ReadRequest,
    },
};
use inkstream_wire::Task;

use self::installed::InstalledLanguages;
use super::{EmbeddedEngine, Parts};
use crate::{
    checks::{printable, within},
    children::{Cause, ChildError, Deadline, Lease, Pool, Role},
    config::tessdata,
    memfd,
    protocol::{ReadAnswer, ReadImage, Setup, Work},
    sandbox::Allowance,
    tesseract::ReadLine,
};

/// The maximum length of a read child's frame in bytes, twice that of a page of 20,000 words with their boxes.
const MAX_FRAME: usize = 8 << 20;
/// The maximum length of a page's text in bytes. A newspaper page has 100,000.
const MAX_TEXT: usize = 4 << 20;
/// The default resolution in dots per inch: Tesseract is accurate and fast at it.
const DPI: f32 = 200.0;
/// The minimum length of an image's side in pixels. Tesseract fails on images of a few pixels.
const MIN_SIDE: u32 = 64;
/// The maximum length of an image's side in pixels. Tesseract accepts 32,767, but is slower and no better above this.
const MAX_SIDE: u32 = 10_000;

/// The engine's name.
pub(super) const NAME: &str = "tesseract";

/// The children that read, and what they are given.
#[derive(Debug)]
struct Readers {
    /// Each child has the models of some languages loaded.
    pool: Arc<Pool<Vec<String>>>,
    allowance: Allowance,
    tessdata: PathBuf,
    /// The languages of pages that name none: tags of BCP 47, or names of models.
    default_languages: Vec<String>,
    installed: InstalledLanguages,
    deadline: Duration,
}

impl Readers {
    /// The names of the default languages' models. A language that is not installed keeps its tag.
    fn default_models(&self) -> Vec<String> {
        let installed = self.installed.known();
        let model = |tag: &String| languages::installed_code(tag, &installed).unwrap_or_else(|| tag.clone());
        self.default_languages.iter().map(model).collect()
    }

    /// Takes a child with the models of these languages.
    async fn lease(&self, languages: Vec<String>) -> Result<Lease<Vec<String>>, ChildError> {
        let work = Work::Read { tessdata: self.tessdata.clone(), languages: languages.clone() };
        self.pool.lease(&languages, &Setup { allowance: self.allowance, work }).await
    }
}

/// Tesseract.
#[derive(Debug)]
struct TesseractEngine {
    info: EngineInfo,
    readers: Arc<Readers>,
}

/// Sets the engine up; no child is started yet.
pub(super) fn start(parts: &Parts<'_>) -> Arc<dyn EmbeddedEngine> {
    let config = parts.config;
    let concurrency = config.read_children.max(1);
    let tessdata = tessdata(config.tessdata.as_deref());
    let readers = Readers {
        pool: Pool::new(Role::Read, parts.spawner.clone(), concurrency, 0),
        allowance: Allowance {
            address_space: config.read_memory.saturating_add(parts.image_memory),
            file_size: 0,
            fonts: false,
        },
        installed: InstalledLanguages::of(&tessdata),
        tessdata,
        default_languages: config.languages.clone(),
        deadline: config.read_deadline,
    };
    Arc::new(TesseractEngine::new(readers, concurrency))
}

impl TesseractEngine {
    fn new(readers: Readers, concurrency: usize) -> Self {
        let info = EngineInfo {
            identity: EngineIdentity { model: NAME.into(), profile: NAME.into() },
            capabilities: EngineCapabilities {
                tasks: vec![Task::Text, Task::Layout, Task::Locate],
                sizes: Vec::new(),
                takes_prompt: false,
                takes_language: true,
                takes_max_tokens: false,
            },
            limits: EngineLimits {
                concurrency,
                // A page that killed its child once would do so again.
                attempts: 1,
                // A dense page has 20,000 characters, and estimates count four to a token.
                tokens_per_page: 5_000,
            },
            fallback: None,
        };
        Self { info, readers: Arc::new(readers) }
    }
}

#[async_trait]
impl Engine for TesseractEngine {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn languages(&self) -> Vec<String> {
        self.readers.installed.known().to_vec()
    }

    fn language(&self, tag: &str) -> Option<String> {
        languages::installed_code(tag, &self.readers.installed.known())
    }

    fn image_spec(&self, request: &ReadRequest, dpi: Option<f32>) -> ImageSpec {
        ImageSpec {
            dpi: dpi.unwrap_or(DPI),
            max_width: None,
            max_side: Some(MAX_SIDE),
            min_side: MIN_SIDE,
            format: ImageEncoding::Gray8,
            colour: false,
            rotation: request.rotation,
            original: false,
        }
    }

    fn prompt_chars(&self, _request: &ReadRequest) -> u64 {
        0
    }

    fn read(&self, image: PageImage, request: ReadRequest) -> BoxStream<'static, Result<EngineEvent, EngineError>> {
        Box::pin(recognize(Arc::clone(&self.readers), image, request))
    }

    async fn probe(&self) -> Result<(), EngineError> {
        self.readers.installed.refresh().await;
        loadable(&self.readers, Vec::new()).map(drop)
    }
}

#[async_trait]
impl EmbeddedEngine for TesseractEngine {
    async fn warm_up(&self) -> Result<(), ChildError> {
        self.readers.lease(self.readers.default_models()).await.map(Lease::give_back)
    }

    async fn shutdown(&self) {
        self.readers.pool.close().await;
    }
}

/// Recognizes a page. Dropping the stream drops the lease, which kills a child in the middle of a page.
fn recognize(
    readers: Arc<Readers>,
    image: PageImage,
    request: ReadRequest,
) -> impl futures::Stream<Item = Result<EngineEvent, EngineError>> {
    async_stream::try_stream! {
        let pixels = pixels(&image)?;
        let languages = loadable(&readers, request.languages)?;
        let mut lease = readers.lease(languages).await.map_err(|error| not_started(&error))?;
        yield EngineEvent::Started;
        let size = (image.width, image.height);
        let question = ReadImage { width: size.0, height: size.1, dpi: image.dpi };
        let deadline = Deadline::after(readers.deadline);
        let mut begun = false;
        let mut text_left = MAX_TEXT;
        let page = loop {
            match next(&mut lease, (!begun).then_some((&question, &pixels)), deadline).await {
                Ok(ReadAnswer::Line(line)) if line.text.len() <= text_left => {
                    begun = true;
                    text_left -= line.text.len();
                    if request.task != Task::Locate {
                        yield line_event(line, size);
                    }
                }
                Ok(ReadAnswer::Page(page)) => break page,
                Ok(ReadAnswer::Failed(sentence)) => {
                    lease.give_back();
                    Err(EngineError::new(EngineErrorKind::Failed, "Tesseract could not read the page.").because(sentence))?;
                    return;
                }
                Ok(ReadAnswer::Line(_)) => {
                    Err(page_error(lease.fail(&ChildError::InvalidAnswer("more text than a page holds")).await))?;
                    return;
                }
                Err(error) => {
                    tracing::debug!(%error, "a read child is killed");
                    Err(page_error(lease.fail(&error).await))?;
                    return;
                }
            }
        };
        lease.give_back();
        let layout: Vec<_> = page.layout.into_iter().map(|block| believable(block, size)).collect();
        let mut finish = Finish { reason: Some("stop".into()), confidence: page.confidence.map(percent), ..Finish::default() };
        if request.task == Task::Locate {
            let found = locate::find(request.reference.as_deref().unwrap_or_default(), &layout);
            for found in &found {
                yield match_event(found);
            }
            finish.occurrences = found.into_iter().flat_map(|found| found.parts).collect();
        } else {
            finish.structure = PageStructure::Layout(layout);
        }
        yield EngineEvent::Finished(finish);
    }
}

type Question<'a> = (&'a ReadImage, &'a Arc<std::os::fd::OwnedFd>);

/// Sends the question, if there is one, and receives the next answer.
async fn next(
    lease: &mut Lease<Vec<String>>,
    question: Option<Question<'_>>,
    deadline: Deadline,
) -> Result<ReadAnswer, ChildError> {
    let session = lease.session()?;
    if let Some((question, pixels)) = question {
        session.send(question, Some(pixels.as_fd()), deadline).await?;
    }
    session.receive(MAX_FRAME, deadline).await
}

/// The image's pixels in a memfd. Rejects an image that is not as [`TesseractEngine::image_spec`] asks.
fn pixels(image: &PageImage) -> Result<Arc<std::os::fd::OwnedFd>, EngineError> {
    let is_complete = image.data.len() == u64::from(image.width) * u64::from(image.height);
    if image.format != ImageEncoding::Gray8 || !is_complete || image.data.is_empty() {
        return Err(EngineError::new(EngineErrorKind::Protocol, "The image is not one that Tesseract reads."));
    }
    match &image.data {
        ImageData::Memfd { fd, .. } => Ok(Arc::clone(fd)),
        ImageData::Bytes(bytes) => memfd::filled(bytes).map(Arc::new).map_err(|error| {
            EngineError::new(EngineErrorKind::Failed, "There is no memory for the image.").because(error)
        }),
    }
}

/// The languages to load: the requested ones, else the default ones. Only installed models reach the child's command to load them.
fn loadable(readers: &Readers, requested: Vec<String>) -> Result<Vec<String>, EngineError> {
    let languages = if requested.is_empty() { readers.default_models() } else { requested };
    let installed = readers.installed.known();
    if languages.iter().all(|language| installed.contains(language)) {
        Ok(languages)
    } else {
        let detail = format!("A language is not installed. There are: {}.", installed.join(", "));
        Err(EngineError::new(EngineErrorKind::Refused, detail))
    }
}

fn not_started(error: &ChildError) -> EngineError {
    EngineError::new(EngineErrorKind::Unreachable, "Tesseract could not be started.").because(error.to_string())
}

fn page_error(cause: Cause) -> EngineError {
    match cause {
        Cause::Deadline => {
            EngineError::new(EngineErrorKind::TooComplex, "Reading the page takes longer than is allowed.")
        }
        Cause::Memory => {
            EngineError::new(EngineErrorKind::TooComplex, "Reading the page takes more memory than is allowed.")
        }
        _ => EngineError::new(EngineErrorKind::Crashed, "The process that read the page died."),
    }
}

fn line_event(line: ReadLine, size: (u32, u32)) -> EngineEvent {
    EngineEvent::Line { text: printable(line.text), bounds: within(line.bounds, size) }
}

fn match_event(found: &locate::Match) -> EngineEvent {
    let bounds = found.parts.first().map(|part| part.bounds);
    EngineEvent::Text { delta: format!("{}\n", found.text), bounds, tokens: None }
}

/// The block with text that a page can show, and with bounds that are within the image.
fn believable(block: LayoutBlock, size: (u32, u32)) -> LayoutBlock {
    let word = |word: LayoutWord| LayoutWord {
        text: printable(word.text),
        bounds: within(word.bounds, size),
        confidence: word.confidence.map(percent),
    };
    let line = |line: LayoutLine| LayoutLine {
        text: printable(line.text),
        bounds: within(line.bounds, size),
        confidence: line.confidence.map(percent),
        words: line.words.into_iter().map(word).collect(),
        ..line
    };
    LayoutBlock {
        bounds: block.bounds.map(|bounds| within(bounds, size)),
        lines: block.lines.into_iter().map(line).collect(),
        ..block
    }
}

fn percent(confidence: f32) -> f32 {
    if confidence.is_finite() { confidence.clamp(0.0, 100.0) } else { 0.0 }
}
