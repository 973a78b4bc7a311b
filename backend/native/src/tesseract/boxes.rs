//! Blocks, pictures, lines and words of a recognised page.

use inkstream_wire::{BoxKind, PixelBox, TextBox};

use super::{
    capi::{Capi, Handle, Level},
    cursor::Cursor,
};

/// All boxes, each before those inside it.
///
/// # Safety
/// `api` is live and has recognised a page of this size in pixels.
pub(super) unsafe fn of_page(capi: &Capi, api: Handle, size: (u32, u32)) -> Vec<TextBox> {
    let mut boxes = Vec::new();
    // SAFETY: by this function's contract.
    let Some(mut cursor) = (unsafe { Cursor::start(capi, api, size) }) else { return boxes };
    let mut count = Count::default();
    loop {
        if cursor.at_start_of(Level::Block) {
            count.blocks += 1;
            let kind = if cursor.on_picture() { BoxKind::Figure } else { BoxKind::Block };
            if let Some(bounds) = cursor.bounds(Level::Block).filter(|_| cursor.on_word() || kind == BoxKind::Figure) {
                boxes.push(TextBox { paragraph: None, line: None, ..count.place(kind, bounds) });
            }
        }
        if cursor.on_word() {
            count.paragraphs += u32::from(cursor.at_start_of(Level::Paragraph));
            if cursor.at_start_of(Level::Line) {
                count.lines += 1;
                // SAFETY: the whole page is recognised.
                boxes.extend(unsafe { written(&cursor, &count, BoxKind::Line, Level::Line) });
            }
            // SAFETY: the whole page is recognised.
            boxes.extend(unsafe { written(&cursor, &count, BoxKind::Word, Level::Word) });
        }
        if !cursor.next(Level::Word) {
            return boxes;
        }
    }
}

/// Begun so far, over the page.
#[derive(Default)]
struct Count {
    blocks: u32,
    paragraphs: u32,
    lines: u32,
}

impl Count {
    fn place(&self, kind: BoxKind, bounds: PixelBox) -> TextBox {
        TextBox {
            kind,
            bounds,
            text: String::new(),
            confidence: None,
            block: self.blocks.checked_sub(1),
            paragraph: self.paragraphs.checked_sub(1),
            line: self.lines.checked_sub(1),
        }
    }
}

/// The line or word here, none where it has no text.
///
/// # Safety
/// Its words are recognised.
unsafe fn written(cursor: &Cursor<'_>, count: &Count, kind: BoxKind, level: Level) -> Option<TextBox> {
    let bounds = cursor.bounds(level)?;
    // SAFETY: by this function's contract.
    let (text, confidence) = unsafe { (cursor.text(level), cursor.confidence(level)) };
    (!text.is_empty()).then(|| TextBox { text, confidence: Some(confidence), ..count.place(kind, bounds) })
}
