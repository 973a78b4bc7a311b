//! The Tesseract engine: the server's side. Its pages are read in children, by [`crate::tesseract`].

mod installed;
mod languages;

use std::{os::fd::AsFd, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::BoxStream;
use inkstream_core::{
    image::{ImageData, ImageEncoding, ImageSpec, PageImage},
    locate,
    ports::{
        Engine, EngineCapabilities, EngineError, EngineErrorKind, EngineEvent, EngineIdentity, EngineInfo,
        EngineLimits, Finish, ReadRequest,
    },
};
use inkstream_wire::Task;

use self::installed::InstalledLanguages;
use super::{EmbeddedEngine, Parts};
use crate::{
    checks::{printable, within},
    children::{Cause, Deadline, Fault, Lease, Pool, Role},
    config::tessdata,
    memfd,
    protocol::{ReadAnswer, ReadPicture, Setup, Work},
    sandbox::Allowance,
    tesseract::{ReadLine, ReadPage},
};

/// Bytes of a read child's longest frame: a page of 20,000 words with their boxes has half of it.
const ANSWER: usize = 8 << 20;
/// Bytes of text of one page. A newspaper's has 100,000.
const TEXT: usize = 4 << 20;
/// Dots per inch that Tesseract reads well, and fast.
const DPI: f32 = 200.0;
/// Sides that Tesseract can scale: it gives up on pictures of a few pixels.
const MIN_SIDE: u32 = 64;
/// The longest side that Tesseract takes is 32,767; more than this slows it and reads no better.
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
    /// The languages of pages that name none.
    default_languages: Vec<String>,
    installed: InstalledLanguages,
    deadline: Duration,
}

impl Readers {
    /// Takes a child with the models of these languages.
    async fn lease(&self, languages: Vec<String>) -> Result<Lease<Vec<String>>, Fault> {
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
            address_space: config.read_memory.saturating_add(parts.picture_memory),
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
        }
    }

    fn prompt_chars(&self, _request: &ReadRequest) -> u64 {
        0
    }

    fn read(&self, picture: PageImage, request: ReadRequest) -> BoxStream<'static, Result<EngineEvent, EngineError>> {
        Box::pin(read(Arc::clone(&self.readers), picture, request))
    }

    async fn probe(&self) -> Result<(), EngineError> {
        self.readers.installed.refresh().await;
        loadable(&self.readers, Vec::new()).map(drop)
    }
}

#[async_trait]
impl EmbeddedEngine for TesseractEngine {
    async fn warm_up(&self) -> Result<(), Fault> {
        self.readers.lease(self.readers.default_languages.clone()).await.map(Lease::give_back)
    }

    async fn shutdown(&self) {
        self.readers.pool.close().await;
    }
}

/// Dropping the stream drops the lease, and that kills a child in the middle of a page.
fn read(
    readers: Arc<Readers>,
    picture: PageImage,
    request: ReadRequest,
) -> impl futures::Stream<Item = Result<EngineEvent, EngineError>> {
    async_stream::try_stream! {
        let pixels = pixels(&picture)?;
        let languages = loadable(&readers, request.languages)?;
        let mut lease = readers.lease(languages).await.map_err(|fault| unready(&fault))?;
        yield EngineEvent::Started;
        let size = (picture.width, picture.height);
        let asked = ReadPicture { width: size.0, height: size.1, dpi: picture.dpi };
        let deadline = Deadline::after(readers.deadline);
        let mut begun = false;
        let mut text_left = TEXT;
        let page = loop {
            match next(&mut lease, (!begun).then_some((&asked, &pixels)), deadline).await {
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
                    Err(died(lease.fail(&Fault::Nonsense("more text than a page holds")).await))?;
                    return;
                }
                Err(fault) => {
                    tracing::debug!(%fault, "a read child is ended");
                    Err(died(lease.fail(&fault).await))?;
                    return;
                }
            }
        };
        lease.give_back();
        let mut finish = finish(page, size);
        if request.task == Task::Locate {
            let found = locate::find(request.reference.as_deref().unwrap_or_default(), &finish.boxes);
            for place in &found {
                yield match_event(place);
            }
            finish.boxes = found.into_iter().flat_map(|place| place.boxes).collect();
        }
        yield EngineEvent::Finished(finish);
    }
}

type Question<'a> = (&'a ReadPicture, &'a Arc<std::os::fd::OwnedFd>);

/// Asks, the first time, and takes the next answer.
async fn next(
    lease: &mut Lease<Vec<String>>,
    question: Option<Question<'_>>,
    deadline: Deadline,
) -> Result<ReadAnswer, Fault> {
    let session = lease.session()?;
    if let Some((asked, pixels)) = question {
        session.send(asked, Some(pixels.as_fd()), deadline).await?;
    }
    session.receive(ANSWER, deadline).await
}

/// The picture's memfd, if it is what was asked for.
fn pixels(picture: &PageImage) -> Result<Arc<std::os::fd::OwnedFd>, EngineError> {
    let complete = picture.data.len() == u64::from(picture.width) * u64::from(picture.height);
    if picture.format != ImageEncoding::Gray8 || !complete || picture.data.is_empty() {
        return Err(EngineError::new(EngineErrorKind::Protocol, "The picture is not one that Tesseract reads."));
    }
    match &picture.data {
        ImageData::Memfd { fd, .. } => Ok(Arc::clone(fd)),
        ImageData::Bytes(bytes) => memfd::filled(bytes).map(Arc::new).map_err(|error| {
            EngineError::new(EngineErrorKind::Failed, "There is no memory for the picture.").because(error)
        }),
    }
}

/// The languages to load: the requested ones, else the default ones. Only installed models reach the child's command to load them.
fn loadable(readers: &Readers, requested: Vec<String>) -> Result<Vec<String>, EngineError> {
    let languages = if requested.is_empty() { readers.default_languages.clone() } else { requested };
    let installed = readers.installed.known();
    if languages.iter().all(|language| installed.contains(language)) {
        Ok(languages)
    } else {
        let detail = format!("A language is not installed. There are: {}.", installed.join(", "));
        Err(EngineError::new(EngineErrorKind::Refused, detail))
    }
}

fn unready(fault: &Fault) -> EngineError {
    EngineError::new(EngineErrorKind::Unreachable, "Tesseract could not be started.").because(fault.to_string())
}

fn died(cause: Cause) -> EngineError {
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
    EngineEvent::Text { delta: printable(line.text), bounds: Some(within(line.bounds, size)), tokens: None }
}

fn match_event(found: &locate::Match) -> EngineEvent {
    let bounds = found.boxes.first().map(|place| place.bounds);
    EngineEvent::Text { delta: format!("{}\n", found.text), bounds, tokens: None }
}

fn finish(page: ReadPage, size: (u32, u32)) -> Finish {
    let boxes = page.boxes.into_iter().map(|mut place| {
        place.bounds = within(place.bounds, size);
        place.confidence = place.confidence.map(percent);
        place.text = printable(place.text);
        place
    });
    Finish {
        reason: Some("stop".into()),
        boxes: boxes.collect(),
        confidence: page.confidence.map(percent),
        size_applied: None,
        metadata: None,
        warnings: Vec::new(),
    }
}

fn percent(confidence: f32) -> f32 {
    if confidence.is_finite() { confidence.clamp(0.0, 100.0) } else { 0.0 }
}
