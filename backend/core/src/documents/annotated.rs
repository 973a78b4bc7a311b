//! Page images with the recognized boxes drawn on them.

use bytes::Bytes;
use inkstream_wire::{BoxKind, DocumentId, ErrorCode, TextBox};

use super::{
    Documents,
    image::{DISPLAY_DPI, MAX_DISPLAY_SIDE, check_width},
    open_to_show,
};
use crate::{
    Error, Result,
    image::{ImageData, ImageEncoding, ImageSpec, Mark, Marks, PageImage},
    owner::Owner,
    ports::PageSummary,
};

/// Renders the page image that was recognized, as a PNG with its boxes drawn on it. `width` is an optional maximum width in pixels.
/// `Conflict` if the page has no result.
pub async fn annotated(
    documents: &Documents,
    owner: &Owner,
    id: DocumentId,
    page: u32,
    width: Option<u32>,
    password: Option<String>,
) -> Result<Bytes> {
    width.map_or(Ok(()), check_width)?;
    let open = open_to_show(documents, owner, id, password).await?;
    let read = documents.store.page(id, page).await?.record;
    let Some((wide, high)) = read.summary.size else {
        return Err(Error::new(
            ErrorCode::Conflict,
            "The page has not been read yet, so that there is nothing to draw.",
        ));
    };
    let spec = spec(&read.summary, wide, high, width);
    let marks = Marks { width: wide, height: high, marks: marks(&read.boxes) };
    match open.annotate(page, &spec, &marks).await? {
        PageImage { data: ImageData::Bytes(bytes), format: ImageEncoding::Png, .. } => Ok(bytes),
        PageImage { .. } => Err(Error::internal("the renderer made an image that was not asked for")),
    }
}

/// The spec of the image that was recognized, in colour. It must have the same proportions, padding included, since the boxes are in
/// its pixels.
fn spec(read: &PageSummary, wide: u32, high: u32, width: Option<u32>) -> ImageSpec {
    let narrower = width.map_or(1.0, |width| width as f32 / wide.max(1) as f32);
    let smaller = MAX_DISPLAY_SIDE as f32 / wide.max(high).max(1) as f32;
    let scale = narrower.min(smaller).min(1.0);
    ImageSpec {
        dpi: read.dpi.unwrap_or(DISPLAY_DPI),
        max_width: width,
        max_side: Some(((wide.max(high) as f32 * scale).round() as u32).max(1)),
        min_side: ((wide.min(high) as f32 * scale) as u32).max(1),
        format: ImageEncoding::Png,
        colour: true,
        rotation: read.rotation,
        original: false,
    }
}

/// The marks to draw, large kinds first, so that no mark hides another. Words are drawn only if there are no other boxes.
fn marks(boxes: &[TextBox]) -> Vec<Mark> {
    let mut marks = Vec::new();
    for kind in [BoxKind::Block, BoxKind::Line, BoxKind::Figure, BoxKind::Reference] {
        marks.extend(marks_of(kind, boxes));
    }
    if marks.is_empty() { marks_of(BoxKind::Word, boxes) } else { marks }
}

fn marks_of(kind: BoxKind, boxes: &[TextBox]) -> Vec<Mark> {
    // Lines and words need no label.
    let label = match kind {
        BoxKind::Block => "block",
        BoxKind::Figure => "figure",
        BoxKind::Reference => "reference",
        BoxKind::Line | BoxKind::Word => "",
    };
    let of_kind = boxes.iter().filter(|text_box| text_box.kind == kind);
    of_kind.map(|text_box| Mark { kind, bounds: text_box.bounds, label: label.to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use inkstream_content::{LayoutBlock, LayoutLine, LayoutWord, RegionKind};
    use inkstream_wire::PixelBox;

    use super::*;

    fn text_box(kind: BoxKind, text: &str) -> TextBox {
        let bounds = PixelBox { x: 1, y: 2, width: 3, height: 4 };
        TextBox { kind, bounds, text: text.to_owned(), confidence: None, block: None, paragraph: None, line: None }
    }

    fn drawn(boxes: &[TextBox]) -> Vec<(BoxKind, String)> {
        marks(boxes).into_iter().map(|mark| (mark.kind, mark.label)).collect()
    }

    #[test]
    fn large_kinds_are_drawn_first_and_words_only_without_other_boxes() {
        let word = text_box(BoxKind::Word, "ink");
        let boxes = [text_box(BoxKind::Reference, "the stamp"), word.clone(), text_box(BoxKind::Block, "")];
        let expected = [(BoxKind::Block, "block".to_owned()), (BoxKind::Reference, "reference".to_owned())];
        assert_eq!(drawn(&boxes), expected);
        assert_eq!(drawn(&[word]), [(BoxKind::Word, String::new())]);
        assert!(drawn(&[]).is_empty());
    }

    #[test]
    fn the_marks_of_a_page_are_the_regions_and_lines_of_its_content() {
        let at = |y| PixelBox { x: 0, y, width: 50, height: 9 };
        let line = |y, number| LayoutLine {
            text: format!("line {number}"),
            bounds: at(y),
            confidence: Some(90.0),
            paragraph: Some(number),
            number: Some(number),
            words: vec![LayoutWord { text: "line".to_owned(), bounds: at(y + 1), confidence: None }],
        };
        let block = |number, kind, y, lines| LayoutBlock {
            number: Some(number),
            kind,
            bounds: Some(at(y)),
            lines,
            table: None,
        };
        let layout = [
            block(0, RegionKind::Figure, 100, Vec::new()),
            // Two paragraphs in one block: it is drawn once.
            block(1, RegionKind::Block, 10, vec![line(20, 0), line(30, 1)]),
            block(4, RegionKind::Block, 40, vec![line(50, 2)]),
        ];
        let text = "line 0\n\nline 1\n\nline 2\n";
        let boxes = inkstream_content::from_layout(text, &layout, None).boxes(text);
        let drawn: Vec<_> = marks(&boxes).into_iter().map(|mark| (mark.kind, mark.bounds.y, mark.label)).collect();
        let mark = |kind, y, label: &str| (kind, y, label.to_owned());
        assert_eq!(
            drawn,
            [
                mark(BoxKind::Block, 10, "block"),
                mark(BoxKind::Block, 40, "block"),
                mark(BoxKind::Line, 20, ""),
                mark(BoxKind::Line, 30, ""),
                mark(BoxKind::Line, 50, ""),
                mark(BoxKind::Figure, 100, "figure"),
            ]
        );
    }

    #[test]
    fn the_image_is_the_recognized_one_or_a_narrower_one() {
        let read = PageSummary { dpi: Some(200.0), rotation: 90, ..PageSummary::pending(1) };
        let whole = spec(&read, 1600, 800, None);
        assert_eq!((whole.dpi, whole.rotation, whole.max_side, whole.min_side), (200.0, 90, Some(1600), 800));
        let half = spec(&read, 1600, 800, Some(800));
        assert_eq!((half.max_width, half.max_side, half.min_side), (Some(800), Some(800), 400));
        assert_eq!(spec(&read, 1600, 800, Some(3000)).max_side, Some(1600));
        assert_eq!(spec(&read, 1600, 80_000, None).max_side, Some(MAX_DISPLAY_SIDE));
    }
}
