//! The port that opens documents, kept by decode children.

mod errors;
mod source;

use std::sync::Arc;

use async_trait::async_trait;
use inkstream_core::{
    Error, Result,
    picture::{Marks, Picture, PictureData, PictureFormat, PictureSpec},
    ports::{DocumentInfo, EmbeddedText, OpenDocument, OpenRequest, Renderer},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

use self::source::{Decoding, Source, believable};
use crate::{decode::Rendered, memfd};

pub(crate) use source::{Decoding as Decoder, file_size};

/// Opens documents in decode children.
#[derive(Debug)]
pub(crate) struct ChildRenderer(pub(crate) Arc<Decoding>);

#[async_trait]
impl Renderer for ChildRenderer {
    async fn open(&self, request: OpenRequest) -> Result<Box<dyn OpenDocument>> {
        let source = Source::new(Arc::clone(&self.0), request);
        let info = source.open().await.map_err(|failure| errors::at_open(failure, self.0.limits()))?;
        Ok(Box::new(ChildDocument { source, info, turns: Semaphore::new(self.0.most_at_once()) }))
    }
}

#[derive(Debug)]
struct ChildDocument {
    source: Source,
    info: DocumentInfo,
    /// A document waits for no more children than there are, so that others come between its pages.
    turns: Semaphore,
}

#[async_trait]
impl OpenDocument for ChildDocument {
    fn info(&self) -> DocumentInfo {
        self.info
    }

    async fn render(&self, page: u32, spec: &PictureSpec) -> Result<Picture> {
        if page == 0 || page > self.info.pages {
            return Err(errors::no_such_page());
        }
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        let capacity = self.source.capacity(spec);
        let memfd = memfd::create(capacity).map_err(Error::internal)?;
        let rendered = self.source.render(page, spec, &memfd, capacity).await;
        let rendered = rendered.map_err(|failure| errors::at_page(failure, self.source.limits()))?;
        picture(rendered, spec.format, memfd).await
    }

    async fn text(&self, _page: u32, _spec: &PictureSpec) -> Result<Option<EmbeddedText>> {
        Ok(None)
    }

    async fn annotate(&self, page: u32, spec: &PictureSpec, _marks: &Marks) -> Result<Picture> {
        self.render(page, spec).await
    }
}

/// The memfd is sealed, and `rendered` has been checked against it.
async fn picture(rendered: Rendered, format: PictureFormat, memfd: std::fs::File) -> Result<Picture> {
    let len = rendered.len;
    let data = match format {
        PictureFormat::Gray8 => PictureData::Memfd { fd: Arc::new(memfd.into()), len },
        PictureFormat::Png | PictureFormat::Jpeg => {
            let bytes = spawn_blocking(move || memfd::read(&memfd, len)).await.map_err(Error::internal)?;
            PictureData::Bytes(bytes.map_err(Error::internal)?)
        }
    };
    Ok(Picture {
        width: rendered.width,
        height: rendered.height,
        dpi: rendered.dpi.filter(|dpi| believable(*dpi)),
        lowered_dpi: rendered.lowered_dpi.filter(|dpi| believable(*dpi)),
        format,
        data,
    })
}
