//! The port that opens documents, implemented with decode children.

mod embedded;
mod errors;
mod source;

use std::sync::Arc;

use async_trait::async_trait;
use inkstream_core::{
    Error, Result,
    image::{ImageData, ImageEncoding, ImageSpec, Mark, Marks, PageImage},
    ports::{DocumentInfo, EmbeddedText, OpenDocument, OpenRequest, Renderer},
};
use inkstream_wire::{DocumentKind, PageWarning, WarningCode};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::spawn_blocking,
};

use self::source::{Decoding, Source};
use crate::{
    checks::is_resolution,
    decode::Rendered,
    memfd,
    protocol::{MAX_LABEL, MAX_MARKS},
};

pub(crate) use source::{Decoding as Decoder, Setups, file_size};

/// Opens documents in decode children.
#[derive(Debug)]
pub(crate) struct ChildRenderer(pub(crate) Arc<Decoding>);

#[async_trait]
impl Renderer for ChildRenderer {
    async fn open(&self, request: OpenRequest) -> Result<Box<dyn OpenDocument>> {
        let source = Source::new(Arc::clone(&self.0), request).await.map_err(Error::internal)?;
        let info = source.open().await.map_err(|failure| errors::at_open(failure, self.0.limits()))?;
        Ok(Box::new(ChildDocument { source, info, turns: Semaphore::new(self.0.max_concurrent()) }))
    }
}

#[derive(Debug)]
struct ChildDocument {
    source: Source,
    info: DocumentInfo,
    /// Limits how many children a document waits for, so that other documents' pages come between its own.
    turns: Semaphore,
}

#[async_trait]
impl OpenDocument for ChildDocument {
    fn info(&self) -> DocumentInfo {
        self.info
    }

    async fn render(&self, page: u32, spec: &ImageSpec) -> Result<PageImage> {
        self.drawn(page, spec, None).await
    }

    async fn text(&self, page: u32, spec: &ImageSpec) -> Result<Option<EmbeddedText>> {
        if self.info.kind != DocumentKind::Pdf {
            return Ok(None);
        }
        let _turn = self.turn(page).await?;
        let text = self.source.text(page, spec).await;
        text.map_err(|failure| errors::at_page(failure, self.source.limits()))
    }

    async fn annotate(&self, page: u32, spec: &ImageSpec, marks: &Marks) -> Result<PageImage> {
        let spec = ImageSpec { format: ImageEncoding::Png, colour: true, original: false, ..spec.clone() };
        self.drawn(page, &spec, Some(bounded(marks))).await
    }
}

impl ChildDocument {
    /// Checks that the page exists and waits for a child.
    async fn turn(&self, page: u32) -> Result<SemaphorePermit<'_>> {
        if page == 0 || page > self.info.pages {
            return Err(errors::no_such_page());
        }
        self.turns.acquire().await.map_err(Error::internal)
    }

    async fn drawn(&self, page: u32, spec: &ImageSpec, marks: Option<Marks>) -> Result<PageImage> {
        let _turn = self.turn(page).await?;
        let memfd = memfd::create(self.source.capacity(spec)).map_err(Error::internal)?;
        let rendered = self.source.render(page, spec, marks, &memfd).await;
        let rendered = rendered.map_err(|failure| errors::at_page(failure, self.source.limits()))?;
        page_image(rendered, memfd).await
    }
}

fn warnings(rendered: &Rendered) -> Vec<PageWarning> {
    let truncated = "The file breaks off or is damaged: a part of the page is missing or wrong.";
    let further =
        "The file holds several images, such as an animation or a stereo photograph: only the first was read.";
    let warnings = [
        (rendered.truncated, WarningCode::TruncatedImage, truncated),
        (rendered.further_images, WarningCode::FirstImageOnly, further),
    ];
    warnings
        .into_iter()
        .filter(|(holds, ..)| *holds)
        .map(|(_, code, message)| PageWarning::new(code, message))
        .collect()
}

/// Cuts the marks and their labels to the maximum that a child accepts.
fn bounded(marks: &Marks) -> Marks {
    let label = |label: &str| label.chars().filter(|letter| !letter.is_control()).take(MAX_LABEL).collect();
    let shortened = marks.marks.iter().take(MAX_MARKS).map(|mark| Mark { label: label(&mark.label), ..*mark });
    Marks { marks: shortened.collect(), ..*marks }
}

/// The memfd is sealed, and `rendered` has been checked against it.
async fn page_image(rendered: Rendered, memfd: std::fs::File) -> Result<PageImage> {
    let Rendered { len, format, .. } = rendered;
    let data = match format {
        ImageEncoding::Gray8 => ImageData::Memfd { fd: Arc::new(memfd.into()), len },
        ImageEncoding::Png | ImageEncoding::Jpeg => {
            let bytes = spawn_blocking(move || memfd::contents(&memfd, len)).await.map_err(Error::internal)?;
            ImageData::Bytes(bytes.map_err(Error::internal)?)
        }
    };
    Ok(PageImage {
        width: rendered.width,
        height: rendered.height,
        dpi: rendered.dpi.filter(|dpi| is_resolution(*dpi)),
        lowered_dpi: rendered.lowered_dpi.filter(|dpi| is_resolution(*dpi)),
        warnings: warnings(&rendered),
        format,
        data,
    })
}
