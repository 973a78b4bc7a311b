//! Pages whose own text is taken instead of being read.

use inkstream_wire::{DocumentKind, PDF_TEXT};

use super::page::{PageEvent, ReadStart, Reading};
use crate::{
    locate,
    ports::{EmbeddedText, Finish, TokenUsage},
    text_layer,
};

/// What happens on a page whose own text is sound; `None` for every other page.
pub(super) async fn read(reading: &Reading, page: u32) -> Option<Vec<PageEvent>> {
    if reading.document.info().kind != DocumentKind::Pdf {
        return None;
    }
    let route = reading.first();
    let spec = route.handle.engine().image_spec(&route.request, reading.dpi);
    // A page that gives no text is read as every other.
    let text = reading.document.text(page, &spec).await.ok()??;
    text_layer::sound(&text).then(|| events(&text, route.request.reference.as_deref()))
}

/// With a reference, its places alone.
fn events(text: &EmbeddedText, reference: Option<&str>) -> Vec<PageEvent> {
    let mut boxes = text_layer::boxes(text);
    let mut events = vec![PageEvent::ReadStart(ReadStart {
        model: PDF_TEXT.to_owned(),
        width: text.width,
        height: text.height,
        dpi: Some(text.dpi),
        lowered_dpi: None,
        warnings: Vec::new(),
        rotation: 0,
        bytes: 0,
        prompt_chars: 0,
    })];
    let told = |delta, bounds| PageEvent::Text { delta, bounds, tokens: None };
    // No model, no tokens.
    events.push(PageEvent::Tokens(TokenUsage::default()));
    if let Some(reference) = reference {
        let found = locate::find(reference, &boxes);
        events.extend(
            found.iter().map(|found| told(format!("{}\n", found.text), found.boxes.first().map(|place| place.bounds))),
        );
        boxes = found.into_iter().flat_map(|found| found.boxes).collect();
    } else {
        events.extend(text_layer::lines(text).map(|(line, bounds)| told(line, Some(bounds))));
    }
    events.push(PageEvent::Finished(Finish { reason: Some("stop".to_owned()), boxes, ..Finish::default() }));
    events
}
