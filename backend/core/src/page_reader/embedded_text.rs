//! PDF pages whose text layer is used instead of an engine.

use inkstream_wire::{DocumentKind, PDF_TEXT, PixelBox, TextBox};

use super::{PageSource, ReadStart};
use crate::{locate, ports::EmbeddedText, text_layer};

/// A page's text layer.
pub(super) struct EmbeddedPage {
    pub(super) start: ReadStart,
    /// The lines, each with its line break and its bounding box.
    pub(super) lines: Vec<(String, Option<PixelBox>)>,
    pub(super) boxes: Vec<TextBox>,
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

/// With a reference, only the lines and boxes where it occurs.
fn embedded_page(text: &EmbeddedText, reference: Option<&str>) -> EmbeddedPage {
    let boxes = text_layer::boxes(text);
    let start = ReadStart {
        model: PDF_TEXT.to_owned(),
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
        let lines = text_layer::lines(text).map(|(line, bounds)| (line, Some(bounds))).collect();
        return EmbeddedPage { start, lines, boxes };
    };
    let found = locate::find(reference, &boxes);
    let bounds = |boxes: &[TextBox]| boxes.first().map(|found| found.bounds);
    let lines = found.iter().map(|found| (format!("{}\n", found.text), bounds(&found.boxes))).collect();
    EmbeddedPage { start, lines, boxes: found.into_iter().flat_map(|found| found.boxes).collect() }
}
