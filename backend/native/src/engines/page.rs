//! What the embedded engines share: the image that they read, and the conversation with the child that reads it.

use std::{
    future::Future,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
    time::Duration,
};

use inkstream_content::{LayoutBlock, LayoutLine, LayoutWord, fill_table};
use inkstream_core::{
    image::{ImageData, ImageEncoding, ImageSpec, PageImage},
    locate,
    ports::{
        EngineCapabilities, EngineError, EngineErrorKind, EngineEvent, EngineIdentity, EngineInfo, EngineLimits,
        EngineStart, Finish, PageStructure, ReadRequest,
    },
};
use inkstream_wire::Task;

use super::Parts;
use crate::{
    checks::{printable, within},
    children::{Cause, ChildError, Deadline, Lease},
    memfd,
    protocol::{ReadAnswer, ReadImage},
    recognized::{ReadLine, ReadPage, ReadTable},
    sandbox::Allowance,
};

/// The maximum length of a child's frame in bytes, twice that of a page of 20,000 words with their boxes.
const MAX_FRAME: usize = 8 << 20;
/// The maximum length of a page's text in bytes. A newspaper page has 100,000.
const MAX_TEXT: usize = 4 << 20;
/// The default resolution in dots per inch: Tesseract is accurate and fast at it, and PP-OCR scales lines to 48 pixels anyway.
const DPI: f32 = 200.0;
/// The minimum length of an image's side in pixels. Tesseract fails on images of a few pixels.
const MIN_SIDE: u32 = 64;
/// The maximum length of an image's side in pixels. Tesseract accepts 32,767, but is slower and no better above this.
const MAX_SIDE: u32 = 10_000;

/// What an embedded engine is, can do and may cost.
pub(super) fn engine_info(name: &str, concurrency: usize) -> EngineInfo {
    EngineInfo {
        identity: EngineIdentity { model: name.into(), profile: name.into() },
        capabilities: EngineCapabilities {
            tasks: vec![Task::Text, Task::Markdown, Task::Layout, Task::Locate],
            sizes: Vec::new(),
            takes_prompt: false,
            takes_language: true,
            sends_lines: true,
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
    }
}

/// What a child that reads is allowed.
pub(super) fn allowance(parts: &Parts<'_>) -> Allowance {
    Allowance { address_space: parts.config.read_memory.saturating_add(parts.image_memory), file_size: 0, fonts: false }
}

/// The image that the embedded engines read.
pub(super) fn image_spec(request: &ReadRequest, dpi: Option<f32>) -> ImageSpec {
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

/// Recognizes a page in the child that `lease` gives. Dropping the stream drops the lease, which kills a child in the middle of a page.
/// `model` is the engine that reads, and `name` its name in errors.
pub(super) fn recognize<K: Clone + PartialEq + Send + 'static>(
    lease: impl Future<Output = Result<Lease<K>, EngineError>> + Send + 'static,
    (model, name): (&'static str, &'static str),
    image: PageImage,
    request: ReadRequest,
    limit: Duration,
) -> impl futures::Stream<Item = Result<EngineEvent, EngineError>> + Send + 'static {
    async_stream::try_stream! {
        let pixels = pixels(&image, name)?;
        let mut lease = lease.await?;
        let question = ReadImage { width: image.width, height: image.height, dpi: image.dpi };
        let deadline = Deadline::after(limit);
        let mut size = (image.width, image.height);
        let mut is_sent = false;
        let mut has_begun = false;
        let mut text_left = MAX_TEXT;
        let page = loop {
            let answer = next(&mut lease, (!is_sent).then_some((&question, &pixels)), deadline).await;
            is_sent = true;
            match answer {
                Ok(ReadAnswer::Begun { rotation }) if !has_begun && matches!(rotation, 0 | 90 | 180 | 270) => {
                    has_begun = true;
                    if !rotation.is_multiple_of(180) {
                        size = (size.1, size.0);
                    }
                    yield EngineEvent::Started(EngineStart {
                        model: Some(model.into()),
                        rotation,
                        ..EngineStart::default()
                    });
                }
                Ok(ReadAnswer::Line(line)) if has_begun && line.text.len() <= text_left => {
                    text_left -= line.text.len();
                    if request.task != Task::Locate {
                        yield line_event(line, size);
                    }
                }
                Ok(ReadAnswer::Page(page)) if has_begun => break page,
                Ok(ReadAnswer::Failed(sentence)) => {
                    lease.give_back();
                    Err(EngineError::new(EngineErrorKind::Failed, format!("{name} could not read the page.")).because(sentence))?;
                    return;
                }
                Ok(_) => {
                    Err(page_error(lease.fail(&ChildError::InvalidAnswer("answers out of order, or more text than a page holds")).await))?;
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
        let (events, finish) = finished(page, size, &request);
        for event in events {
            yield event;
        }
        yield EngineEvent::Finished(finish);
    }
}

/// The last events of a page: what was searched for, and the page's structure.
fn finished(page: ReadPage, size: (u32, u32), request: &ReadRequest) -> (Vec<EngineEvent>, Finish) {
    let mut layout: Vec<_> = page.layout.into_iter().map(|block| believable(block, size)).collect();
    for ReadTable { block, cells } in page.tables {
        if let Some(block) = layout.get_mut(block) {
            block.table = fill_table(&cells, &block.lines);
        }
    }
    let confidence = page.confidence.map(percent);
    let mut finish = Finish { reason: Some("stop".into()), confidence, ..Finish::default() };
    if request.task != Task::Locate {
        finish.structure = PageStructure::Layout(layout);
        return (Vec::new(), finish);
    }
    let found = locate::find(request.reference.as_deref().unwrap_or_default(), &layout);
    let events = found.iter().map(match_event).collect();
    finish.occurrences = found.into_iter().flat_map(|found| found.parts).collect();
    (events, finish)
}

type Question<'a> = (&'a ReadImage, &'a Arc<OwnedFd>);

/// Sends the question, if there is one, and receives the next answer.
async fn next<K: Clone + PartialEq + Send + 'static>(
    lease: &mut Lease<K>,
    question: Option<Question<'_>>,
    deadline: Deadline,
) -> Result<ReadAnswer, ChildError> {
    let session = lease.session()?;
    if let Some((question, pixels)) = question {
        session.send(question, Some(pixels.as_fd()), deadline).await?;
    }
    session.receive(MAX_FRAME, deadline).await
}

/// The image's pixels in a memfd. Rejects an image that is not as [`image_spec`] asks.
pub(super) fn pixels(image: &PageImage, name: &str) -> Result<Arc<OwnedFd>, EngineError> {
    let is_complete = image.data.len() == u64::from(image.width) * u64::from(image.height);
    if image.format != ImageEncoding::Gray8 || !is_complete || image.data.is_empty() {
        return Err(EngineError::new(EngineErrorKind::Protocol, format!("The image is not one that {name} reads.")));
    }
    match &image.data {
        ImageData::Memfd { fd, .. } => Ok(Arc::clone(fd)),
        ImageData::Bytes(bytes) => memfd::filled(bytes).map(Arc::new).map_err(|error| {
            EngineError::new(EngineErrorKind::Failed, "There is no memory for the image.").because(error)
        }),
    }
}

pub(super) fn not_started(name: &str, error: &ChildError) -> EngineError {
    EngineError::new(EngineErrorKind::Unreachable, format!("{name} could not be started.")).because(error.to_string())
}

/// A requested or default language cannot be read. The error lists those that can be.
pub(super) fn not_installed(installed: &[String]) -> EngineError {
    let detail = format!("A language is not installed. There are: {}.", installed.join(", "));
    EngineError::new(EngineErrorKind::Refused, detail)
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
        table: None,
        ..block
    }
}

fn percent(confidence: f32) -> f32 {
    if confidence.is_finite() { confidence.clamp(0.0, 100.0) } else { 0.0 }
}
