//! A document as a file of `inkstream_export`.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::{Body, Bytes};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use http::Version;
use inkstream_core::{
    Error, Result,
    documents::{self, Documents},
    ports::{DocumentRecord, PageWithContent},
};
use inkstream_export::{Export, ExportError, Format, Options, SourcePage, export};
use inkstream_wire::{ErrorCode, PageStatus, ResultFormat};
use tokio::{runtime::Handle, sync::Semaphore};

use super::page_stream;

/// Files that are in memory until their end, so that their number is limited. Reading does not wait for them.
#[derive(Debug, Clone)]
pub struct WholeFiles(Arc<Semaphore>);

impl Default for WholeFiles {
    /// Two at a time: the largest workbook and the largest Word file need 200 to 250 MB.
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(2)))
    }
}

/// The export that a result's format is.
pub(super) const fn format(format: ResultFormat) -> Option<Format> {
    match format {
        ResultFormat::Xlsx => Some(Format::Xlsx),
        ResultFormat::Csv => Some(Format::Csv),
        ResultFormat::Hocr => Some(Format::Hocr),
        ResultFormat::Alto => Some(Format::Alto),
        ResultFormat::Docx => Some(Format::Docx),
        ResultFormat::Txt | ResultFormat::Md | ResultFormat::Json => None,
    }
}

/// Writes a document. What can be written page by page is sent page by page.
pub(super) async fn body(
    stored: &Arc<Documents>,
    whole_files: &WholeFiles,
    record: &DocumentRecord,
    format: Format,
    options: Options,
    version: Version,
) -> Result<Body> {
    let pages = documents::pages(stored.store.clone(), record);
    if !format.is_whole_in_memory() {
        let chunks = chunks(pages, record.filename.clone(), format, options);
        return page_stream::body(Bytes::new(), chunks, Bytes::new(), version).await;
    }
    let permit = Arc::clone(&whole_files.0).acquire_owned().await.map_err(Error::internal)?;
    let (file, runtime) = (record.filename.clone(), Handle::current());
    let work = move || {
        let _permit = permit;
        let mut out = Vec::new();
        let mut export = export(format, options, &mut out);
        let mut pages = std::pin::pin!(pages);
        while let Some(batch) = runtime.block_on(pages.try_next())? {
            batch.iter().try_for_each(|page| write(export.as_mut(), &file, page)).map_err(failure)?;
        }
        export.finish().map_err(failure)?;
        Ok(Body::from(out))
    };
    stored.lifecycle.tasks.spawn_blocking(work).await.map_err(Error::internal)?
}

/// The parts of a file that is written page by page.
fn chunks(
    pages: impl Stream<Item = Result<Vec<PageWithContent>>> + Send + 'static,
    file: String,
    format: Format,
    options: Options,
) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
    let written = Written::default();
    let export = export(format, options, written.clone());
    // The batches, and after them the end.
    let steps = pages.map_ok(Some).chain(stream::once(async { Ok(None) })).boxed();
    stream::try_unfold((steps, Some(export)), move |(mut steps, export)| {
        let (written, file) = (written.clone(), file.clone());
        async move {
            let Some(mut export) = export else { return Ok(None) };
            let Some(step) = steps.try_next().await? else { return Ok(None) };
            let next = if let Some(batch) = step {
                batch.iter().try_for_each(|page| write(export.as_mut(), &file, page)).map_err(failure)?;
                Some(export)
            } else {
                export.finish().map_err(failure)?;
                None
            };
            Ok(Some((written.take(), (steps, next))))
        }
    })
}

fn write(export: &mut (dyn Export + Send), file: &str, page: &PageWithContent) -> std::result::Result<(), ExportError> {
    let summary = &page.record.summary;
    let state = match summary.status {
        PageStatus::Done | PageStatus::Partial => None,
        PageStatus::Pending | PageStatus::Running => Some("The page has not been read.".to_owned()),
        PageStatus::Failed => Some(summary.error.as_ref().map_or("It failed.", |error| &error.message).to_owned()),
        PageStatus::Aborted => Some("Reading was stopped before the page's end.".to_owned()),
    };
    let corrected =
        page.record.corrected.as_ref().map(|_| "A person corrected the text, so places are missing.".to_owned());
    let warnings: Vec<String> = state
        .into_iter()
        .chain(summary.warnings.iter().map(|warning| warning.message.clone()))
        .chain(corrected)
        .collect();
    export.page(&SourcePage {
        file,
        number: summary.page,
        engine: summary.model.as_deref(),
        warnings: &warnings,
        content: &page.content_to_export(),
    })
}

fn failure(error: ExportError) -> Error {
    match error {
        ExportError::TooLarge(message) => Error::new(ErrorCode::TooLarge, message),
        error => Error::internal(error),
    }
}

/// What was written and not sent yet.
#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
