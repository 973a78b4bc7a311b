//! PDF pages whose text layer is used instead of an engine.

use inkstream_content::Occurrence;
use inkstream_wire::{DocumentKind, PDF_TEXT, PixelBox};

use super::{PageSource, ReadStart};
use crate::{
    locate,
    ports::{EmbeddedText, PageStructure},
    text_layer,
};

/// A page's text layer.
pub(super) struct EmbeddedPage {
    pub(super) start: ReadStart,
    /// The lines, each with its line break and its bounding box.
    pub(super) lines: Vec<(String, PixelBox)>,
    pub(super) structure: PageStructure,
    pub(super) occurrences: Vec<Occurrence>,
}

/// The text layer of a page where it is usable; `None` for every other page.
pub(super) async fn extract(source: &PageSource, page: u32) -> Option<EmbeddedPage> {
    if source.document.info().kind != DocumentKind::Pdf {
        return None;
    }
    let request = &source.plan.route.request;
    let spec = source.plan.route.handle.engine().image_spec(request, source.plan.dpi);
    // An engine recognizes a page whose text layer is missing or cannot be extracted.
    let text = source.document.text(page, &spec).await.ok()??;
    text_layer::sound(&text).then(|| embedded_page(&text, request.reference.as_deref()))
}

/// With a reference, only its occurrences.
fn embedded_page(text: &EmbeddedText, reference: Option<&str>) -> EmbeddedPage {
    let layout = text_layer::layout(text);
    let start = ReadStart {
        model: PDF_TEXT.to_owned(),
        engine: None,
        languages: Vec::new(),
        width: text.width,
        height: text.height,
        dpi: Some(text.dpi),
        lowered_dpi: None,
        warnings: Vec::new(),
        rotation: 0,
        bytes: 0,
        prompt_chars: 0,
    };
    let Some(reference) = reference else {
        let lines = text_layer::lines(text).collect();
        let structure = PageStructure::Layout(layout);
        return EmbeddedPage { start, lines, structure, occurrences: Vec::new() };
    };
    let found = locate::find(reference, &layout);
    let line = |found: &locate::Match| Some((format!("{}\n", found.text), found.parts.first()?.bounds));
    let lines = found.iter().filter_map(line).collect();
    let occurrences = found.into_iter().flat_map(|found| found.parts).collect();
    EmbeddedPage { start, lines, structure: PageStructure::default(), occurrences }
}
