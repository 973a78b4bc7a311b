use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd},
        unix::fs::FileExt,
    },
    path::PathBuf,
    sync::Arc,
};

use inkstream_core::{
    image::{ImageEncoding, ImageSpec, Marks},
    ports::{DocumentInfo, EmbeddedText, OpenRequest},
};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::embedded;
use crate::{
    children::{Cause, ChildError, Deadline, Lease, Pool},
    config::NativeConfig,
    decode::{DecodeError, DecodeLimits, DecoderLibrary, Rendered},
    memfd,
    protocol::{DecodeAnswer, DecodeRequest, Setup, Work},
    sandbox::Allowance,
};

/// The maximum length of a decode child's frame in bytes, unless it contains a page's text.
const ANSWER: usize = 4096;
/// The maximum length of a frame with a page's text in bytes. The maximum text of the decoder takes two thirds of it.
const TEXT: usize = 8 << 20;
/// The bytes that an encoded image may need beyond its pixels: headers, and incompressible rows.
const ENCODING: u64 = 1 << 20;

/// What all documents share.
#[derive(Debug)]
pub(crate) struct Decoding {
    pub(crate) pool: Arc<Pool<Uuid>>,
    pub(crate) setups: Setups,
    pub(crate) config: NativeConfig,
}

/// The limits and jobs of decode children, by the library that they load.
#[derive(Debug)]
pub(crate) struct Setups {
    pub(crate) address_space: u64,
    pub(crate) file_size: u64,
    pub(crate) pdfium: PathBuf,
    pub(crate) limits: DecodeLimits,
}

impl Setups {
    /// The setup of a child with this library.
    pub(crate) fn setup_for(&self, library: DecoderLibrary) -> Setup {
        let Self { address_space, file_size, pdfium, limits } = self;
        let allowance = Allowance {
            address_space: *address_space,
            file_size: *file_size,
            // Only PDFium draws text.
            fonts: library == DecoderLibrary::Pdfium,
        };
        Setup { allowance, work: Work::Decode { library, pdfium: pdfium.clone(), limits: *limits } }
    }
}

impl Decoding {
    pub(super) fn limits(&self) -> DecodeLimits {
        DecodeLimits { max_pixels: self.config.max_pixels, max_pages: self.config.max_pages }
    }

    pub(super) fn max_concurrent(&self) -> usize {
        self.config.decode_children.max(1)
    }
}

/// Why a document cannot be opened, or an image cannot be rendered.
#[derive(Debug)]
pub(super) enum Failure {
    /// No child could be started.
    Unready(ChildError),
    /// The decoder returned an error.
    Said(DecodeError),
    /// The child was ended.
    Died(Cause),
}

/// A document's bytes and its key in the pool. Its children end when it is dropped.
#[derive(Debug)]
pub(super) struct Source {
    id: Uuid,
    decoding: Arc<Decoding>,
    file: File,
    library: DecoderLibrary,
    password: Option<String>,
}

impl Source {
    pub(super) async fn new(decoding: Arc<Decoding>, request: OpenRequest) -> io::Result<Self> {
        let OpenRequest { file, password } = request;
        let (file, library) = spawn_blocking(move || library_of(&file).map(|library| (file, library))).await??;
        Ok(Self { id: Uuid::new_v4(), decoding, file, library, password })
    }

    /// Opens the document for the first time.
    pub(super) async fn open(&self) -> Result<DocumentInfo, Failure> {
        let mut lease = self.lease().await?;
        let opened = self.open_in(&mut lease).await;
        settle(lease, opened).await
    }

    /// Renders a page into the memfd, with marks if there are any, and seals the memfd.
    pub(super) async fn render(
        &self,
        page: u32,
        spec: &ImageSpec,
        marks: Option<Marks>,
        memfd: &File,
    ) -> Result<Rendered, Failure> {
        let (spec, capacity) = (spec.clone(), self.capacity(spec));
        let allowed = Allowed { format: spec.format, original: spec.original, capacity };
        let request = match marks {
            None => DecodeRequest::Render { page, spec, capacity },
            Some(marks) => DecodeRequest::Annotate { page, spec, capacity, marks },
        };
        let mut lease = self.lease().await?;
        match self.render_in(&mut lease, &request, memfd, allowed).await {
            // A file that needs no library has one page, which is hardly ever rendered twice.
            Ok(Ok(rendered)) if self.library == DecoderLibrary::BuiltIn => {
                lease.retire();
                Ok(rendered)
            }
            rendered => settle(lease, rendered).await,
        }
    }

    /// Extracts the text that a page contains itself.
    pub(super) async fn text(&self, page: u32, spec: &ImageSpec) -> Result<Option<EmbeddedText>, Failure> {
        let request = DecodeRequest::Text { page, spec: spec.clone(), capacity: self.capacity(spec) };
        let mut lease = self.lease().await?;
        let text = self.text_in(&mut lease, &request).await;
        settle(lease, text).await
    }

    pub(super) fn limits(&self) -> DecodeLimits {
        self.decoding.limits()
    }

    /// The bytes of the largest image of this kind.
    pub(super) fn capacity(&self, spec: &ImageSpec) -> u64 {
        let max = |bound: Option<u32>| bound.map_or(u64::from(u32::MAX), u64::from);
        let wanted = max(spec.max_side) * max(spec.max_side).min(max(spec.max_width));
        let pixels = wanted.min(self.decoding.config.max_pixels).max(u64::from(spec.min_side).pow(2));
        match spec.format {
            ImageEncoding::Gray8 => pixels,
            ImageEncoding::Png | ImageEncoding::Jpeg => encoded(pixels, spec.colour),
        }
    }

    async fn lease(&self) -> Result<Lease<Uuid>, Failure> {
        self.decoding
            .pool
            .lease(&self.id, &self.decoding.setups.setup_for(self.library))
            .await
            .map_err(Failure::Unready)
    }

    async fn open_in(&self, lease: &mut Lease<Uuid>) -> Result<Result<DocumentInfo, DecodeError>, ChildError> {
        let deadline = Deadline::after(self.decoding.config.open_deadline);
        let file = reopen(&self.file)?;
        let session = lease.session()?;
        let request = DecodeRequest::Open { password: self.password.clone() };
        session.send(&request, Some(file.as_fd()), deadline).await?;
        match session.receive(ANSWER, deadline).await? {
            DecodeAnswer::Opened { pages: 0, .. } => Err(ChildError::InvalidAnswer("a document without pages")),
            DecodeAnswer::Opened { pages, .. } if pages > self.decoding.config.max_pages => {
                Ok(Err(DecodeError::TooManyPages))
            }
            DecodeAnswer::Opened { format, pages } => Ok(Ok(DocumentInfo::new(format, pages))),
            DecodeAnswer::Failed(said) => Ok(Err(said)),
            _ => Err(ChildError::InvalidAnswer("no document, although one was requested")),
        }
    }

    async fn render_in(
        &self,
        lease: &mut Lease<Uuid>,
        request: &DecodeRequest,
        memfd: &File,
        allowed: Allowed,
    ) -> Result<Result<Rendered, DecodeError>, ChildError> {
        match self.ask(lease, request, Some(memfd.as_fd()), ANSWER).await? {
            DecodeAnswer::Rendered(rendered) => {
                check(&rendered, allowed)?;
                memfd::seal(memfd).map_err(|_| ChildError::InvalidAnswer("it keeps the image mapped for writing"))?;
                Ok(Ok(rendered))
            }
            DecodeAnswer::Failed(said) => Ok(Err(said)),
            _ => Err(ChildError::InvalidAnswer("no image, although one was requested")),
        }
    }

    async fn text_in(
        &self,
        lease: &mut Lease<Uuid>,
        request: &DecodeRequest,
    ) -> Result<Result<Option<EmbeddedText>, DecodeError>, ChildError> {
        match self.ask(lease, request, None, TEXT).await? {
            DecodeAnswer::Text(text) => text.map(embedded::checked).transpose().map(Ok),
            DecodeAnswer::Failed(said) => Ok(Err(said)),
            _ => Err(ChildError::InvalidAnswer("no text, although it was requested")),
        }
    }

    /// Sends a request. A new child opens the document first.
    async fn ask(
        &self,
        lease: &mut Lease<Uuid>,
        request: &DecodeRequest,
        memfd: Option<BorrowedFd<'_>>,
        bound: usize,
    ) -> Result<DecodeAnswer, ChildError> {
        if lease.session()?.uses == 0
            && let Err(said) = self.open_in(lease).await?
        {
            return Ok(DecodeAnswer::Failed(said));
        }
        let deadline = Deadline::after(self.decoding.config.render_deadline);
        let session = lease.session()?;
        session.send(request, memfd, deadline).await?;
        session.receive(bound, deadline).await
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.decoding.pool.forget(&self.id);
    }
}

/// The maximum length in bytes of a file that a decode child writes for an image of this many pixels.
pub(crate) fn file_size(max_pixels: u64) -> u64 {
    encoded(max_pixels, true)
}

fn encoded(pixels: u64, colour: bool) -> u64 {
    let raw = pixels * if colour { 3 } else { 1 };
    raw + raw / 64 + ENCODING
}

/// Gives the child back if it answered, and ends it if it did not.
async fn settle<T>(lease: Lease<Uuid>, answer: Result<Result<T, DecodeError>, ChildError>) -> Result<T, Failure> {
    match answer {
        Ok(answer) => {
            lease.give_back();
            answer.map_err(Failure::Said)
        }
        Err(error) => {
            tracing::debug!(%error, "a decode child is ended");
            Err(Failure::Died(lease.fail(&error).await))
        }
    }
}

/// The bounds of a rendered image.
#[derive(Debug, Clone, Copy)]
struct Allowed {
    format: ImageEncoding,
    /// Whether a PNG or JPEG is accepted in place of the requested format.
    original: bool,
    /// The size of the memfd in bytes.
    capacity: u64,
}

/// Checks a child's answer, which may be anything, for consistency.
fn check(rendered: &Rendered, allowed: Allowed) -> Result<(), ChildError> {
    let Allowed { format, original, capacity } = allowed;
    let pixels = u64::from(rendered.width) * u64::from(rendered.height);
    let fits = rendered.len > 0 && rendered.len <= capacity && pixels > 0;
    let encoded = matches!(rendered.format, ImageEncoding::Png | ImageEncoding::Jpeg);
    let is_allowed = rendered.format == format || original && encoded;
    let complete = rendered.format != ImageEncoding::Gray8 || rendered.len == pixels;
    if fits && is_allowed && complete {
        Ok(())
    } else {
        Err(ChildError::InvalidAnswer("an image of an impossible size"))
    }
}

/// The library for the file's signature. The child detects the kind again itself.
fn library_of(file: &File) -> io::Result<DecoderLibrary> {
    let mut head = [0; DecoderLibrary::HEAD];
    let mut len = 0;
    while len < head.len() {
        match file.read_at(&mut head[len..], len as u64)? {
            0 => break,
            read => len += read,
        }
    }
    Ok(DecoderLibrary::sniff(&head[..len]))
}

/// Opens the file again, read-only and with a position of its own, because children must not share a position.
fn reopen(file: &File) -> io::Result<File> {
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))
}
