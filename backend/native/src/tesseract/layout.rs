//! The layout of a recognized page: blocks and figures with their lines and words.

use inkstream_content::{LayoutBlock, LayoutLine, LayoutWord, RegionKind};
use inkstream_wire::PixelBox;

use super::{
    capi::{Capi, Handle, Level},
    cursor::Cursor,
    stream::Script,
};
use crate::calibration;

/// The blocks with text and the figures, in reading order. Blocks, paragraphs and lines without text count in the numbers.
///
/// Tesseract walks from the start of the page to answer most questions, and several times for each word of a line's text. Therefore
/// lines whose words are separated by single spaces are assembled from their words, and nothing is asked about a word that follows
/// from its position in the line.
///
/// # Safety
/// `api` is live and has recognized a page of this size in pixels.
pub(super) unsafe fn of_page(capi: &Capi, api: Handle, size: (u32, u32), script: Script) -> Vec<LayoutBlock> {
    let mut blocks = Vec::new();
    // SAFETY: by this function's contract.
    let Some(mut cursor) = (unsafe { Cursor::start(capi, api, size) }) else { return blocks };
    let (mut paragraphs, mut lines) = (0_u32, 0_u32);
    let mut line = OpenLine::default();
    loop {
        let on_word = cursor.on_word();
        let begins = !on_word || cursor.at_start_of(Level::Line);
        if begins {
            std::mem::take(&mut line).close(&mut blocks);
        }
        // A word can only begin a block if it begins a line.
        if begins && cursor.at_start_of(Level::Block) {
            let kind = if cursor.on_image() { RegionKind::Figure } else { RegionKind::Block };
            let bounds = cursor.bounds(Level::Block).filter(|_| on_word || kind == RegionKind::Figure);
            blocks.push(LayoutBlock {
                number: Some(blocks.len() as u32),
                kind,
                bounds,
                lines: Vec::new(),
                table: None,
            });
        }
        if on_word {
            if begins {
                paragraphs += u32::from(cursor.at_start_of(Level::Paragraph));
                lines += 1;
                line.bounds = cursor.bounds(Level::Line);
                (line.paragraph, line.number) = (paragraphs.checked_sub(1), lines.checked_sub(1));
                // SAFETY: the whole page is recognized.
                line.text = script.spaces_as_shown.then(|| unsafe { cursor.text(Level::Line) });
            }
            // SAFETY: the whole page is recognized.
            unsafe { line.add(&cursor) };
        }
        if !cursor.next(Level::Word) {
            line.close(&mut blocks);
            // To Tesseract, a ruled line is a block with a word without text.
            blocks
                .retain(|block| block.kind == RegionKind::Figure && block.bounds.is_some() || !block.lines.is_empty());
            return blocks;
        }
    }
}

/// A line that is being collected.
#[derive(Default)]
struct OpenLine {
    bounds: Option<PixelBox>,
    paragraph: Option<u32>,
    number: Option<u32>,
    /// The line's text, unless it equals the words joined by spaces.
    text: Option<String>,
    /// The words, including those without text, which Tesseract counts for the line's confidence.
    spaced: String,
    confidences: Vec<f32>,
    words: Vec<LayoutWord>,
}

impl OpenLine {
    /// Adds the word at the cursor.
    ///
    /// # Safety
    /// The word is recognized.
    unsafe fn add(&mut self, cursor: &Cursor<'_>) {
        // SAFETY: by this function's contract.
        let (text, confidence) = unsafe { (cursor.text(Level::Word), cursor.confidence()) };
        let confidence = calibration::TESSERACT.share(confidence);
        if !self.spaced.is_empty() {
            self.spaced.push(' ');
        }
        self.spaced.push_str(&text);
        self.confidences.push(confidence);
        if !text.is_empty() {
            let bounds = cursor.bounds(Level::Word);
            self.words.extend(bounds.map(|bounds| LayoutWord { text, bounds, confidence: Some(confidence) }));
        }
    }

    /// Adds the line to its block, unless it has no text.
    fn close(self, blocks: &mut [LayoutBlock]) {
        let mut text = self.text.unwrap_or(self.spaced);
        text.truncate(text.trim_end().len());
        let (Some(bounds), Some(block), false) = (self.bounds, blocks.last_mut(), text.is_empty()) else { return };
        block.lines.push(LayoutLine {
            text,
            bounds,
            // A cursor reports the confidence from its position to the right end of the line, which is not the whole line if that is
            // written from right to left.
            confidence: mean(&self.confidences),
            paragraph: self.paragraph,
            number: self.number,
            words: self.words,
        });
    }
}

/// The confidence of a page: the mean of its words. `None` without text, because a stain that was taken for a word has a confidence of
/// 95 but no text.
pub(super) fn confidence(blocks: &[LayoutBlock]) -> Option<f32> {
    let words = blocks.iter().flat_map(|block| &block.lines).flat_map(|line| &line.words);
    mean(&words.filter_map(|word| word.confidence).collect::<Vec<_>>())
}

fn mean(values: &[f32]) -> Option<f32> {
    (!values.is_empty()).then(|| values.iter().sum::<f32>() / values.len() as f32)
}
