//! Blocks, pictures, lines and words of a recognised page.

use std::collections::HashSet;

use inkstream_wire::{BoxKind, PixelBox, TextBox};

use super::{
    capi::{Capi, Handle, Level},
    cursor::Cursor,
};

/// All boxes, each before those inside it.
///
/// Tesseract walks from the page's start for most of what it is asked, and for each word of a line's text several times:
/// so lines are put together of their words, and nothing is asked of a word that its place in the line answers.
///
/// # Safety
/// `api` is live and has recognised a page of this size in pixels.
pub(super) unsafe fn of_page(capi: &Capi, api: Handle, size: (u32, u32)) -> Vec<TextBox> {
    let mut boxes = Vec::new();
    // SAFETY: by this function's contract.
    let Some(mut cursor) = (unsafe { Cursor::start(capi, api, size) }) else { return boxes };
    let mut count = Count::default();
    let mut line = OpenLine::default();
    loop {
        let on_word = cursor.on_word();
        let begins = !on_word || cursor.at_start_of(Level::Line);
        if begins {
            std::mem::take(&mut line).close(&mut boxes);
        }
        // Only a line's first word may be its block's.
        if begins && cursor.at_start_of(Level::Block) {
            count.blocks += 1;
            let kind = if cursor.on_picture() { BoxKind::Figure } else { BoxKind::Block };
            if let Some(bounds) = cursor.bounds(Level::Block).filter(|_| on_word || kind == BoxKind::Figure) {
                boxes.push(TextBox { paragraph: None, line: None, ..count.place(kind, bounds) });
            }
        }
        if on_word {
            if begins {
                count.paragraphs += u32::from(cursor.at_start_of(Level::Paragraph));
                count.lines += 1;
                // SAFETY: the whole page is recognised.
                line.place = unsafe { place(&cursor, &count, BoxKind::Line, Level::Line) };
            }
            // SAFETY: the whole page is recognised.
            unsafe { line.add(&cursor, &count) };
        }
        if !cursor.next(Level::Word) {
            line.close(&mut boxes);
            return without_empty_blocks(boxes);
        }
    }
}

/// A ruled line is a block to Tesseract, of a word without text.
fn without_empty_blocks(mut boxes: Vec<TextBox>) -> Vec<TextBox> {
    let with_text: HashSet<_> =
        boxes.iter().filter(|place| place.kind == BoxKind::Line).map(|line| line.block).collect();
    boxes.retain(|place| place.kind != BoxKind::Block || with_text.contains(&place.block));
    boxes
}

/// A line whose words are still coming.
#[derive(Default)]
struct OpenLine {
    place: Option<TextBox>,
    text: String,
    words: Vec<TextBox>,
}

impl OpenLine {
    /// Adds the word here.
    ///
    /// # Safety
    /// It is recognised.
    unsafe fn add(&mut self, cursor: &Cursor<'_>, count: &Count) {
        // SAFETY: by this function's contract.
        let text = unsafe { cursor.text(Level::Word) };
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(&text);
        if !text.is_empty() {
            // SAFETY: by this function's contract.
            let word = unsafe { place(cursor, count, BoxKind::Word, Level::Word) };
            self.words.extend(word.map(|word| TextBox { text, ..word }));
        }
    }

    /// The line, unless it has no text, and its words.
    fn close(mut self, boxes: &mut Vec<TextBox>) {
        self.text.truncate(self.text.trim_end().len());
        if !self.text.is_empty() {
            boxes.extend(self.place.map(|line| TextBox { text: self.text, ..line }));
        }
        boxes.append(&mut self.words);
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

/// The line or word here, without its text.
///
/// # Safety
/// Its words are recognised.
unsafe fn place(cursor: &Cursor<'_>, count: &Count, kind: BoxKind, level: Level) -> Option<TextBox> {
    let bounds = cursor.bounds(level)?;
    // SAFETY: by this function's contract.
    let confidence = unsafe { cursor.confidence(level) };
    Some(TextBox { confidence: Some(confidence), ..count.place(kind, bounds) })
}
