//! Blocks, pictures, lines and words of a recognised page.

use std::collections::HashSet;

use inkstream_wire::{BoxKind, PixelBox, TextBox};

use super::{
    capi::{Capi, Handle, Level},
    cursor::Cursor,
    stream::Script,
};

/// All boxes, each before those inside it.
///
/// Tesseract walks from the page's start for most of what it is asked, and for each word of a line's text several times:
/// so lines are put together of their words where a space is between any two, and nothing is asked of a word that its place
/// in the line answers.
///
/// # Safety
/// `api` is live and has recognised a page of this size in pixels.
pub(super) unsafe fn of_page(capi: &Capi, api: Handle, size: (u32, u32), script: Script) -> Vec<TextBox> {
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
                line.place = cursor.bounds(Level::Line).map(|bounds| count.place(BoxKind::Line, bounds));
                // SAFETY: the whole page is recognised.
                line.text = script.spaces_as_shown.then(|| unsafe { cursor.text(Level::Line) });
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
    /// Its text, unless it is that of the words with a space between any two.
    text: Option<String>,
    /// What there was of words, those without text too: Tesseract counts them for the line's.
    spaced: String,
    confidences: Vec<f32>,
    words: Vec<TextBox>,
}

impl OpenLine {
    /// Adds the word here.
    ///
    /// # Safety
    /// It is recognised.
    unsafe fn add(&mut self, cursor: &Cursor<'_>, count: &Count) {
        // SAFETY: by this function's contract.
        let (text, confidence) = unsafe { (cursor.text(Level::Word), cursor.confidence()) };
        if !self.spaced.is_empty() {
            self.spaced.push(' ');
        }
        self.spaced.push_str(&text);
        self.confidences.push(confidence);
        if !text.is_empty() {
            let word = cursor.bounds(Level::Word).map(|bounds| count.place(BoxKind::Word, bounds));
            self.words.extend(word.map(|word| TextBox { text, confidence: Some(confidence), ..word }));
        }
    }

    /// The line, unless it has no text, and its words.
    fn close(mut self, boxes: &mut Vec<TextBox>) {
        let mut text = self.text.unwrap_or(self.spaced);
        text.truncate(text.trim_end().len());
        if !text.is_empty() {
            // A cursor tells the confidence from where it stands to the line's right end, which is not all of a line that
            // is written from right to left.
            let confidence = mean(&self.confidences);
            boxes.extend(self.place.map(|line| TextBox { text, confidence, ..line }));
        }
        boxes.append(&mut self.words);
    }
}

/// How sure Tesseract is of a page's text: the mean over its words. None where there is no text: a stain that was taken for
/// a word has a confidence of 95 without any.
pub(super) fn confidence(boxes: &[TextBox]) -> Option<f32> {
    let words: Vec<_> =
        boxes.iter().filter(|place| place.kind == BoxKind::Word).filter_map(|word| word.confidence).collect();
    mean(&words)
}

fn mean(values: &[f32]) -> Option<f32> {
    (!values.is_empty()).then(|| values.iter().sum::<f32>() / values.len() as f32)
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
