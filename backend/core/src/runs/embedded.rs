//! PDF pages whose text layer is used instead of an engine.

use inkstream_wire::{DocumentKind, PDF_TEXT};

use super::page::{PageEvent, ReadStart, Reading};
use crate::{
    locate,
    ports::{EmbeddedText, Finish, TokenUsage},
    text_layer,
};

/// The events of a page whose text layer is usable; `None` for every other page.
pub(super) async fn extract(reading: &Reading, page: u32) -> Option<Vec<PageEvent>> {
    if reading.document.info().kind != DocumentKind::Pdf {
        return None;
    }
    let route = reading.first();
    let spec = route.handle.engine().image_spec(&route.request, reading.dpi);
    // An engine recognizes a page whose text layer is missing or cannot be extracted.
    let text = reading.document.text(page, &spec).await.ok()??;
    text_layer::sound(&text).then(|| events(&text, route.request.reference.as_deref()))
}

/// With a reference, only the lines and boxes where it occurs.
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
    let text_event = |delta, bounds| PageEvent::Text { delta, bounds, tokens: None };
    // No model was used, so no tokens are estimated either.
    events.push(PageEvent::Tokens(TokenUsage::default()));
    if let Some(reference) = reference {
        let found = locate::find(reference, &boxes);
        events.extend(found.iter().map(|found| {
            text_event(format!("{}\n", found.text), found.boxes.first().map(|found_box| found_box.bounds))
        }));
        boxes = found.into_iter().flat_map(|found| found.boxes).collect();
    } else {
        events.extend(text_layer::lines(text).map(|(line, bounds)| text_event(line, Some(bounds))));
    }
    events.push(PageEvent::Finished(Finish { reason: Some("stop".to_owned()), boxes, ..Finish::default() }));
    events
}
